'use strict';
// A realtime meeting in a web page, against the server at URL. This program is the page's backend,
// which creates and ends the task, and the driver of a headless Chromium that shows the page.
//
//   node meeting.js URL WAV
//
// The browser is CHROMIUM of the environment, or what is installed. Prints one JSON object per line;
// the last is the verdict. Exit status 1 when something is not as it should be.

const assert = require('assert/strict');
const fs = require('fs');
const http = require('http');
const path = require('path');
const { setTimeout: sleep } = require('timers/promises');
const { ROAClient } = require('@alicloud/pop-core');
const { chromium } = require('playwright-core');

const PAGE_PATIENCE_MS = 60_000;
const POLLS = 300;
const TASKS = '/openapi/tingwu/v2/tasks';
const JSON_BODY = { 'content-type': 'application/json' };

const [url, wav] = process.argv.slice(2);
const print = (line) => console.log(JSON.stringify(line));

function installedBrowser() {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const places = names.flatMap((name) =>
    process.env.PATH.split(path.delimiter).map((folder) => path.join(folder, name)),
  );
  return places.find((place) => fs.existsSync(place));
}

/** Serve the page and the recording on a free port. */
async function servePage() {
  const files = {
    '/': ['page/index.html', 'text/html'],
    '/meeting.js': ['page/meeting.js', 'text/javascript'],
  };
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://page');
    const [file, type] =
      pathname === '/recording.wav'
        ? [path.resolve(wav), 'audio/wav']
        : (files[pathname] ?? []).map((part, place) =>
            place === 0 ? path.join(__dirname, part) : part,
          );
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': type });
    fs.createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Show the page until its socket has closed; what it heard, and the captions one can read. */
async function show(meetingJoinUrl) {
  const server = await servePage();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || installedBrowser(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (problem) => fail(problem.stack));
    const join = encodeURIComponent(meetingJoinUrl);
    await page.goto(`http://127.0.0.1:${server.address().port}/?join=${join}`);
    await page.waitForFunction(() => window.heard, null, { timeout: PAGE_PATIENCE_MS });
    return {
      version: browser.version(),
      heard: await page.evaluate(() => window.heard),
      captions: await page.locator('#captions li').allTextContents(),
    };
  } finally {
    await browser.close();
    server.close();
  }
}

async function complete(client, taskId) {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const { Data: data } = await client.request('GET', `${TASKS}/${taskId}`, {}, '', JSON_BODY);
    assert.notEqual(data.TaskStatus, 'FAILED', JSON.stringify(data));
    if (data.TaskStatus === 'COMPLETED') {
      for (const [name, link] of Object.entries(data.Result)) {
        const response = await fetch(link);
        assert.equal(response.status, 200, `${name} answers ${response.status}`);
        const result = await response.json();
        assert.equal(result.TaskId, taskId);
        assert.ok(result[name], `${name} is empty`);
      }
      return data;
    }
    await sleep(100);
  }
  throw new Error('the task does not complete');
}

async function main() {
  const client = new ROAClient({
    accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    endpoint: url,
    apiVersion: '2023-09-30',
  });
  const put = (query, body) =>
    client.request('PUT', TASKS, query, JSON.stringify(body), JSON_BODY);
  const created = await put(
    { type: 'realtime' },
    {
      AppKey: 'browser-client',
      Input: { SourceLanguage: 'cn', Format: 'pcm', SampleRate: 16000 },
      Parameters: {
        Transcription: { OutputLevel: 2 },
        TranslationEnabled: true,
        Translation: { TargetLanguages: ['en'], OutputLevel: 2 },
        AutoChaptersEnabled: true,
      },
    },
  );
  const { TaskId: taskId, MeetingJoinUrl: meetingJoinUrl } = created.Data;
  print({ created: taskId });

  const { version, heard, captions } = await show(meetingJoinUrl);
  assert.deepEqual(heard.problems, []);
  assert.deepEqual(heard.closed, { code: 1000, wasClean: true }, 'the CLOSE was not answered');
  const payloads = (name) =>
    heard.events.filter((event) => event.header.name === name).map((event) => event.payload);
  const ended = payloads('SentenceEnd');
  const counted = ended.map((_, place) => place);
  assert.ok(ended.length > 0, 'no sentence');
  assert.deepEqual(ended.map(({ index }) => index), counted, 'not numbered from 0');
  assert.deepEqual(payloads('SentenceBegin').map(({ index }) => index), counted);
  assert.ok(ended.every(({ begin_time, time }) => begin_time < time), 'a sentence without length');
  assert.ok(captions.every((text) => text), 'a sentence without text');
  captions.forEach((text, sentence) => print({ sentence, text }));
  const interim = payloads('TranscriptionResultChanged').length;
  assert.ok(interim > ended.length, 'too few interim results for OutputLevel 2');
  const translations = payloads('ResultTranslated').flatMap((one) => one.translate_result);
  assert.ok(translations.every(({ text }) => text), 'a translation without text');
  const translated = new Set(translations.map(({ index }) => index));
  assert.deepEqual([...translated], counted, 'not every sentence was translated');

  const stopped = await put(
    { type: 'realtime', operation: 'stop' },
    { AppKey: 'browser-client', Input: { TaskId: taskId } },
  );
  assert.equal(stopped.Data.TaskStatus, 'ONGOING');
  const done = await complete(client, taskId);
  const installed = require('@alicloud/pop-core/package.json').version;
  print({
    client: 'browser',
    versions: { '@alicloud/pop-core': installed },
    runtime: `Chromium ${version}`,
    checks: {
      started: payloads('TranscriptionStarted').length === 1,
      sentences: ended.length,
      interim,
      translations: translated.size,
      completed: payloads('TranscriptionCompleted').length === 1,
      stopped: stopped.Data.TaskStatus,
      status: done.TaskStatus,
      results: Object.keys(done.Result).sort(),
    },
  });
}

function fail(reason) {
  print({ client: 'browser', failed: String(reason) });
  process.exit(1);
}

main().then(() => process.exit(0), (error) => fail(error.stack ?? error));
