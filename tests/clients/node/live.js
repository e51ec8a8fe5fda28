'use strict';
// A live task's whole life through one of the vendor's Node SDKs: it captions a stream and a
// channel, is asked for, stopped and deleted; calls that are refused.
//
//   node live.js pop-core-get|pop-core-post|openapi-client|openapi-core URL CALLBACK_URL AUTH_KEY COUNT
//
// CALLBACK_URL takes callbacks, and tells whoever GETs it how many came. COUNT is how many to wait
// for. Prints one JSON object per line; the last is the verdict. Exit status 1 when something is not
// as it should be.

const assert = require('assert/strict');
const { setTimeout: sleep } = require('timers/promises');
const { versions } = require('./openapi');

const VERSION = '2016-11-01';
const POLLS = 300;

const [kind, url, callbackUrl, authKey, count] = process.argv.slice(2);
const client = `node live ${kind}`;
const print = (line) => console.log(JSON.stringify(line));

const environment = {
  accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
  accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
};

/** @alicloud/pop-core: RPC signatures; everything is in the query, or with POST in a form. */
function popCore(method) {
  return (credentials = environment) => {
    const { RPCClient } = require('@alicloud/pop-core');
    const sdk = new RPCClient({ ...credentials, endpoint: url, apiVersion: VERSION });
    return {
      packages: ['@alicloud/pop-core'],
      call: async (action, parameters) => {
        // Its objects have no prototype: round again, so that they compare with others.
        return JSON.parse(JSON.stringify(await sdk.request(action, parameters, { method })));
      },
    };
  };
}

/** What the typed package for Live is a thin layer over: ACS3 signatures, everything in the query. */
function openapi(name, { Client, Config, Params, OpenApiRequest }) {
  return (credentials = environment) => {
    const { host: endpoint, protocol } = new URL(url);
    const config = new Config({ ...credentials, endpoint, protocol: protocol.slice(0, -1).toUpperCase() });
    const sdk = new Client(config);
    const how = {
      version: VERSION,
      protocol: 'HTTPS',
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    };
    return {
      packages: [name],
      call: async (action, parameters) => {
        // Everything is text, as the typed package makes it.
        const query = Object.fromEntries(Object.entries(parameters).map(([k, v]) => [k, `${v}`]));
        const params = new Params({ action, ...how });
        return (await sdk.callApi(params, new OpenApiRequest({ query }), {})).body;
      },
    };
  };
}

function openapiClient() {
  const { default: Client, ...models } = require('@alicloud/openapi-client');
  return openapi('@alicloud/openapi-client', { Client, ...models });
}

function openapiCore() {
  const { default: Client, $OpenApiUtil } = require('@alicloud/openapi-core');
  return openapi('@alicloud/openapi-core', { Client, ...$OpenApiUtil });
}

const kinds = {
  'pop-core-get': () => popCore('GET'),
  'pop-core-post': () => popCore('POST'),
  'openapi-client': openapiClient,
  'openapi-core': openapiCore,
};

const stream = {
  Mode: 'live',
  StreamURL: 'rtmp://pull.example.com/app/lesson?auth_key=1-0-0-x&b=~*(1)!',
  Language: 'cn',
  CallbackURL: callbackUrl,
  AuthKey: authKey,
  ReportInterval: -1,
  TranslateEnabled: true,
  TargetLanguages: 'en',
};

/** It asks the mock to answer with this RetCode. */
const odd = { ...stream, StreamURL: `${stream.StreamURL}&mock.ret_code=4001` };

const channel = {
  Mode: 'rtc',
  SDKAppID: 'app1',
  ChannelID: '房间 1',
  RtcUserId: 'u1',
  Language: 'cn',
  CallbackURL: `${callbackUrl}&of=channel`,
};

/** The answer of a call that is a success. */
async function called(sdk, action, parameters) {
  const answer = await sdk.call(action, parameters);
  assert.equal(answer.RetCode, 2000, JSON.stringify(answer));
  assert.equal(answer.Description, 'success');
  return answer;
}

/** The tasks that a Query shows, by id. */
async function query(sdk, parameters) {
  return (await called(sdk, 'QueryRtcAsrTasks', parameters)).Tasks;
}

/** Wait until enough callbacks have come. */
async function callbacks() {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const { callbacks: came } = await (await fetch(callbackUrl)).json();
    if (came >= Number(count)) return;
    await sleep(100);
  }
  throw new Error('the callbacks do not come');
}

/** What the SDK throws for a call: the error's name, its code and, if it tells, the HTTP status. */
async function thrown(call) {
  try {
    await call();
  } catch (error) {
    print({ thrown: error.name, message: error.message });
    const said = `${error.name}: ${error.code}`;
    return error.statusCode === undefined ? said : `${said}, ${error.statusCode}`;
  }
  throw new Error('nothing was thrown');
}

async function refused(open, sdk) {
  const { accessKeyId, accessKeySecret } = environment;
  const forged = open({ accessKeyId, accessKeySecret: `${accessKeySecret}?` });
  const stranger = open({ accessKeyId: 'nobody', accessKeySecret });
  return {
    'unknown task': await thrown(() => sdk.call('StopRtcAsrTask', { TaskId: 'asr-none' })),
    'wrong parameter': await thrown(() =>
      sdk.call('CreateRtcAsrTask', { ...stream, ReportInterval: 501 }),
    ),
    'missing parameter': await thrown(() =>
      sdk.call('CreateRtcAsrTask', { Mode: 'live', Language: 'cn', CallbackURL: callbackUrl }),
    ),
    'wrong secret': await thrown(() => forged.call('CreateRtcAsrTask', stream)),
    'unknown key': await thrown(() => stranger.call('QueryRtcAsrTasks', {})),
  };
}

async function main() {
  const open = kinds[kind]();
  const sdk = open();
  const { TaskId: taskId } = await called(sdk, 'CreateRtcAsrTask', stream);
  const { TaskId: channelId } = await called(sdk, 'CreateRtcAsrTask', channel);
  await callbacks();
  const shown = (await query(sdk, { TaskId: taskId }))[taskId];
  assert.equal(shown.streamUrl, stream.StreamURL);
  assert.equal(shown.callbackUrl, callbackUrl);
  const running = await query(sdk, {});
  assert.equal(running[channelId].channelId, channel.ChannelID);
  assert.ok(taskId in running, 'the task is not among those that run');
  await called(sdk, 'StopRtcAsrTask', { TaskId: taskId });
  const stopped = (await query(sdk, { TaskId: taskId }))[taskId];
  await called(sdk, 'DeleteRtcAsrTask', { TaskId: taskId });
  await called(sdk, 'DeleteRtcAsrTask', { TaskId: channelId });
  print({
    client,
    versions: versions(sdk.packages),
    runtime: `node ${process.version}`,
    task: taskId,
    checks: {
      running: `${shown.mode}, ${shown.status}`,
      interval: shown.reportInterval,
      channel: running[channelId].mode,
      stopped: stopped.status,
      deleted: Object.keys(await query(sdk, { TaskId: taskId })).length,
      'other RetCode': (await sdk.call('CreateRtcAsrTask', odd)).RetCode,
      refused: await refused(open, sdk),
    },
  });
}

main().then(
  () => process.exit(0),
  (error) => {
    print({ client, failed: String(error.stack ?? error) });
    process.exit(1);
  },
);
