'use strict';
// A realtime meeting through the vendor's Node SDKs, against the server at URL.
//
//   node meeting.js tingwu|pop-core URL WAV
//
// Prints one JSON object per line; the last is the verdict. Exit status 1 when something is not as
// it should be.

const assert = require('assert/strict');
const fs = require('fs');
const { setTimeout: sleep } = require('timers/promises');
const SpeechTranscription = require('alibabacloud-nls').SpeechTranscription;
const { open, versions, download } = require('./openapi');

const FRAME_BYTES = 3200; // 100 ms of 16 kHz 16-bit mono
const FRAME_EVERY_MS = 10;
const POLLS = 300;

const [kind, url, wav] = process.argv.slice(2);
const client = `node ${kind}`;
const print = (line) => console.log(JSON.stringify(line));

/** What the SDK's events said. */
function listen(transcription, said) {
  const payload = (text) => JSON.parse(text).payload;
  transcription.on('started', () => (said.started = true));
  transcription.on('begin', (text) => said.begun.push(payload(text).index));
  transcription.on('changed', (text) => {
    assert.ok(payload(text).result, 'an interim result without text');
    said.interim += 1;
  });
  transcription.on('end', (text) => {
    const { index, result, begin_time, time } = payload(text);
    assert.ok(result, `sentence ${index} has no text`);
    assert.ok(begin_time < time, `sentence ${index} lasts from ${begin_time} to ${time}`);
    said.ended.push(index);
    print({ sentence: index, text: result });
  });
  transcription.on('completed', () => (said.completed = true));
  transcription.on('failed', (text) => fail(`TaskFailed: ${text}`));
}

async function stream(meetingJoinUrl) {
  const said = { started: false, begun: [], interim: 0, ended: [], completed: false };
  const transcription = new SpeechTranscription({
    url: meetingJoinUrl,
    appkey: 'default',
    token: 'default',
  });
  listen(transcription, said);
  await transcription.start(transcription.defaultStartParams(), true, 6000);
  const audio = fs.readFileSync(wav);
  for (let at = 0; at < audio.length; at += FRAME_BYTES) {
    assert.ok(transcription.sendAudio(audio.subarray(at, at + FRAME_BYTES)), 'audio not sent');
    await sleep(FRAME_EVERY_MS);
  }
  await transcription.close();
  return said;
}

async function results(openapi, taskId) {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const { Data: data } = await openapi.get(taskId);
    assert.notEqual(data.TaskStatus, 'FAILED', JSON.stringify(data));
    if (data.TaskStatus === 'COMPLETED') {
      return { status: data.TaskStatus, results: await download(data) };
    }
    await sleep(100);
  }
  throw new Error('the task does not complete');
}

async function main() {
  const openapi = open[kind](url);
  const created = await openapi.create({
    AppKey: 'node-client',
    Input: { SourceLanguage: 'cn', Format: 'pcm', SampleRate: 16000, TaskKey: `task${Date.now()}` },
    Parameters: {
      Transcription: { OutputLevel: 2 },
      TranslationEnabled: true,
      Translation: { TargetLanguages: ['en'], OutputLevel: 2 },
      AutoChaptersEnabled: true,
    },
  });
  assert.equal(created.Code, '0');
  assert.equal(created.Message, 'success');
  const { TaskId: taskId, MeetingJoinUrl: meetingJoinUrl } = created.Data;
  print({ created: taskId });

  const said = await stream(meetingJoinUrl);
  assert.ok(said.ended.length > 0, 'no sentence');
  const counted = said.ended.map((_, place) => place);
  assert.deepEqual(said.ended, counted, 'sentences are not numbered from 0');
  assert.deepEqual(said.begun, counted, 'SentenceBegin and SentenceEnd do not pair');
  assert.ok(said.interim > said.ended.length, 'too few interim results for OutputLevel 2');

  const stopped = await openapi.stop({ AppKey: 'node-client', Input: { TaskId: taskId } });
  assert.equal(stopped.Data.TaskStatus, 'ONGOING');
  const { status, results: names } = await results(openapi, taskId);
  print({
    client,
    versions: versions(['alibabacloud-nls', ...openapi.packages]),
    runtime: `node ${process.version}`,
    checks: {
      started: said.started,
      sentences: said.ended.length,
      interim: said.interim,
      translations: null, // the SDK drops ResultTranslated
      completed: said.completed,
      stopped: stopped.Data.TaskStatus,
      status,
      results: names,
    },
  });
}

function fail(reason) {
  print({ client, failed: String(reason) });
  process.exit(1);
}

process.on('uncaughtException', (error) => fail(error.stack));
main().then(() => process.exit(0), (error) => fail(error.stack ?? error));
