'use strict';
// The OpenAPI calls, through each of the vendor's two Node SDKs. Both answer with the response body
// as a plain object.

const fs = require('fs');

/** As a configuration names the protocol of a URL. */
const protocol = (url) => new URL(url).protocol.slice(0, -1).toUpperCase();

const environment = {
  accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
  accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
};

/** @alicloud/tingwu20230930: typed requests, ACS3 signatures, chunked bodies. */
function tingwu(url, credentials = environment) {
  const sdk = require('@alicloud/tingwu20230930');
  const { $OpenApiUtil } = require('@alicloud/openapi-core');
  // The operations ask for HTTPS; the protocol of the configuration wins over that.
  const client = new sdk.default(
    new $OpenApiUtil.Config({ ...credentials, endpoint: new URL(url).host, protocol: protocol(url) }),
  );
  const plain = async (response) => (await response).body.toMap();
  const put = (query, body) =>
    plain(client.createTask(new sdk.CreateTaskRequest({ ...query, ...lowerFirst(body) })));
  const list = (Request, body) => new Request(lowerFirst(body));
  return {
    packages: ['@alicloud/tingwu20230930', '@alicloud/openapi-core'],
    create: (body) => put({ type: 'realtime' }, body),
    createOffline: (body) => put({ type: 'offline' }, body),
    stop: (body) => put({ type: 'realtime', operation: 'stop' }, body),
    get: (taskId) => plain(client.getTaskInfo(taskId)),
    phrases: {
      create: (body) =>
        plain(client.createTranscriptionPhrases(list(sdk.CreateTranscriptionPhrasesRequest, body))),
      list: () => plain(client.listTranscriptionPhrases()),
      get: (id) => plain(client.getTranscriptionPhrases(id)),
      update: (id, body) =>
        plain(
          client.updateTranscriptionPhrases(id, list(sdk.UpdateTranscriptionPhrasesRequest, body)),
        ),
      delete: (id) => plain(client.deleteTranscriptionPhrases(id)),
    },
  };
}

/** @alicloud/pop-core: requests by path, ROA signatures. */
function popCore(url, credentials = environment) {
  const { ROAClient } = require('@alicloud/pop-core');
  const client = new ROAClient({ ...credentials, endpoint: url, apiVersion: '2023-09-30' });
  const headers = { 'content-type': 'application/json' };
  const tasks = '/openapi/tingwu/v2/tasks';
  const phrases = '/openapi/tingwu/v2/resources/phrases';
  const call = async (method, path, query, body) => {
    const content = body === undefined ? '' : JSON.stringify(body);
    // Its objects have no prototype: round again, so that they compare with others.
    return JSON.parse(JSON.stringify(await client.request(method, path, query, content, headers)));
  };
  return {
    packages: ['@alicloud/pop-core'],
    create: (body) => call('PUT', tasks, { type: 'realtime' }, body),
    createOffline: (body) => call('PUT', tasks, { type: 'offline' }, body),
    stop: (body) => call('PUT', tasks, { type: 'realtime', operation: 'stop' }, body),
    get: (taskId) => call('GET', `${tasks}/${taskId}`, {}),
    phrases: {
      create: (body) => call('POST', phrases, {}, body),
      list: () => call('GET', phrases, {}),
      get: (id) => call('GET', `${phrases}/${id}`, {}),
      update: (id, body) => call('PUT', `${phrases}/${id}`, {}, body),
      delete: (id) => call('DELETE', `${phrases}/${id}`, {}),
    },
  };
}

/** The typed models name their fields in lower camel case, at every depth. */
function lowerFirst(value) {
  if (Array.isArray(value)) return value.map(lowerFirst);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key[0].toLowerCase() + key.slice(1),
      lowerFirst(item),
    ]),
  );
}

/** The installed version of each package, by name. */
function versions(packages) {
  const manifest = (name) => `${__dirname}/node_modules/${name}/package.json`;
  return Object.fromEntries(
    packages.map((name) => [name, JSON.parse(fs.readFileSync(manifest(name), 'utf8')).version]),
  );
}

/** Read every result of a task, with plain requests, and give their names in order. */
async function download(task) {
  for (const [name, link] of Object.entries(task.Result)) {
    const response = await fetch(link);
    if (response.status !== 200) throw new Error(`${name} answers ${response.status}`);
    const result = await response.json();
    if (result.TaskId !== task.TaskId) throw new Error(`${name} is of another task`);
    if (!result[name]) throw new Error(`${name} is empty`);
  }
  return Object.keys(task.Result).sort();
}

module.exports = { open: { tingwu, 'pop-core': popCore }, versions, download };
