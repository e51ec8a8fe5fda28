'use strict';
// Everything of the OpenAPI but a meeting, through one of the vendor's Node SDKs: a recording is
// transcribed, its task run again, another cannot be read; hot words; a realtime task that nobody
// joins; calls that are refused.
//
//   node tasks.js tingwu|pop-core URL RECORDING_URL MISSING_URL
//
// Prints one JSON object per line; the last is the verdict. Exit status 1 when something is not as
// it should be.

const assert = require('assert/strict');
const { setTimeout: sleep } = require('timers/promises');
const { open, versions, download } = require('./openapi');

const POLLS = 300;

const [kind, url, recording, missing] = process.argv.slice(2);
const client = `node ${kind}`;
const appKey = `node-${kind}`;
const print = (line) => console.log(JSON.stringify(line));

/** The Data of an answer that is a success. */
function data(answer) {
  assert.equal(answer.Code, '0', JSON.stringify(answer));
  assert.equal(answer.Message, 'success');
  return answer.Data;
}

/** Poll until the task has ended. */
async function end(openapi, taskId) {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const task = data(await openapi.get(taskId));
    assert.equal(task.TaskId, taskId);
    if (task.TaskStatus !== 'ONGOING') return task;
    await sleep(100);
  }
  throw new Error('the task does not end');
}

async function offline(openapi, phraseId) {
  const created = data(
    await openapi.createOffline({
      AppKey: appKey,
      Input: {
        SourceLanguage: 'cn',
        FileUrl: recording,
        TaskKey: '周会 录音 & more',
        ProgressiveCallbacksEnabled: true,
      },
      Parameters: {
        Transcription: {
          DiarizationEnabled: true,
          Diarization: { SpeakerCount: 2 },
          PhraseId: phraseId,
        },
        TranslationEnabled: true,
        Translation: { TargetLanguages: ['en'] },
        AutoChaptersEnabled: true,
      },
    }),
  );
  assert.equal(created.TaskStatus, 'ONGOING');
  assert.equal(created.TaskKey, '周会 录音 & more');
  const task = await end(openapi, created.TaskId);
  assert.equal(task.TaskKey, '周会 录音 & more');
  return task;
}

async function rerun(openapi, taskId) {
  const again = data(
    await openapi.createOffline({
      AppKey: appKey,
      Input: { TaskId: taskId },
      Parameters: {
        SummarizationEnabled: true,
        Summarization: { Types: ['Paragraph', 'Conversational'] },
      },
    }),
  );
  assert.equal(again.TaskId, taskId);
  return end(openapi, taskId);
}

async function unreadable(openapi) {
  const created = data(
    await openapi.createOffline({
      AppKey: appKey,
      Input: { SourceLanguage: 'cn', FileUrl: missing, ProgressiveCallbacksEnabled: true },
    }),
  );
  return end(openapi, created.TaskId);
}

/** All operations on hot words, the weights as text in JSON. Gives the names of those that worked. */
async function phrases(openapi, use) {
  const first = { Name: '产品名 & 词', Description: '第一版', WordWeights: '{"听悟":3,"café":2}' };
  const second = { Name: '产品名 二', Description: '第二版', WordWeights: '{"通义":5}' };
  const done = [];
  const { Status: status, PhraseId: id } = data(await openapi.phrases.create(first));
  assert.equal(status, 'SUCCEEDED');
  done.push('create');
  const listed = data(await openapi.phrases.list()).Phrases.find((item) => item.PhraseId === id);
  assert.equal(listed.Name, first.Name);
  assert.equal(listed.WordWeights, undefined);
  done.push('list');
  assert.deepEqual(data(await openapi.phrases.get(id)).Phrases, [{ PhraseId: id, ...first }]);
  done.push('get');
  assert.equal(data(await openapi.phrases.update(id, second)).Status, 'SUCCEEDED');
  assert.deepEqual(data(await openapi.phrases.get(id)).Phrases, [{ PhraseId: id, ...second }]);
  done.push('update');
  const outcome = await use(id);
  const deleted = await openapi.phrases.delete(id);
  assert.equal(deleted.Status ?? deleted.Data.Status, 'SUCCEEDED');
  const left = data(await openapi.phrases.list()).Phrases ?? [];
  assert.ok(!left.some((item) => item.PhraseId === id), 'the list is still there');
  done.push('delete');
  return [done, outcome];
}

const realtimeBody = (language) => ({
  AppKey: appKey,
  Input: { SourceLanguage: language, Format: 'pcm', SampleRate: 16000 },
});

/** A realtime task that is stopped before anybody has joined. */
async function realtime(openapi) {
  const { TaskId: taskId, TaskStatus: fresh } = data(await openapi.create(realtimeBody('cn')));
  assert.equal(fresh, 'NEW');
  const stopped = data(await openapi.stop({ AppKey: appKey, Input: { TaskId: taskId } }));
  return stopped.TaskStatus;
}

/** What the SDK throws for a call: the error's name, its code and its HTTP status. */
async function thrown(call) {
  try {
    await call();
  } catch (error) {
    print({ thrown: error.name, message: error.message });
    return `${error.name}: ${error.code}, ${error.statusCode}`;
  }
  throw new Error('nothing was thrown');
}

async function refused() {
  const id = process.env.ALIBABA_CLOUD_ACCESS_KEY_ID;
  const secret = process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET;
  const forged = open[kind](url, { accessKeyId: id, accessKeySecret: `${secret}?` });
  const stranger = open[kind](url, { accessKeyId: 'nobody', accessKeySecret: secret });
  return {
    'wrong secret': await thrown(() => forged.create(realtimeBody('cn'))),
    'unknown key': await thrown(() => stranger.get('0'.repeat(32))),
    'wrong language': await thrown(() => open[kind](url).create(realtimeBody('tlh'))),
  };
}

async function main() {
  const openapi = open[kind](url);
  const [phraseOperations, done] = await phrases(openapi, (id) => offline(openapi, id));
  assert.equal(done.TaskStatus, 'COMPLETED', JSON.stringify(done));
  const results = await download(done);
  const again = await rerun(openapi, done.TaskId);
  const failed = await unreadable(openapi);
  print({
    client,
    versions: versions(openapi.packages),
    runtime: `node ${process.version}`,
    checks: {
      offline: done.TaskStatus,
      results,
      'run again': again.TaskStatus,
      'results then': await download(again),
      'no file': `${failed.TaskStatus}: ${failed.ErrorCode}`,
      phrases: phraseOperations,
      'stopped early': await realtime(openapi),
      refused: await refused(),
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
