'use strict';
// A realtime meeting without an SDK: fetch, signed by hand (ACS3-HMAC-SHA256), and ws.
//
//   node unmodified.js WAV

const crypto = require('crypto');
const fs = require('fs');
const { setTimeout: sleep } = require('timers/promises');
const WebSocket = require('ws');

const HOST = 'tingwu.cn-beijing.aliyuncs.com';
const TASKS = '/openapi/tingwu/v2/tasks';
const { ALIBABA_CLOUD_ACCESS_KEY_ID: keyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = process.env;
const FRAME_BYTES = 3200; // 100 ms of 16 kHz 16-bit mono

const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');
const id = () => crypto.randomUUID().replaceAll('-', '');

async function call(action, method, path, query = '', body = undefined) {
  const content = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    'x-acs-action': action,
    'x-acs-content-sha256': sha256(content),
    'x-acs-date': new Date().toISOString().replace(/\.\d+/, ''),
    'x-acs-signature-nonce': id(),
    'x-acs-version': '2023-09-30',
  };
  const signed = { host: HOST, ...headers };
  const names = Object.keys(signed).join(';');
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const parts = [method, path, query, lines.join(''), names, headers['x-acs-content-sha256']];
  const text = `ACS3-HMAC-SHA256\n${sha256(parts.join('\n'))}`;
  const signature = crypto.createHmac('sha256', secret).update(text).digest('hex');
  headers.authorization = `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=${names},Signature=${signature}`;
  headers['content-type'] = 'application/json';
  const answer = await fetch(`https://${HOST}${path}${query && '?'}${query}`, {
    method,
    headers,
    body: body === undefined ? undefined : content,
  });
  const said = await answer.json();
  if (answer.status !== 200) throw new Error(`${said.Code}: ${said.Message}`);
  return said.Data;
}

function stream(url, audio) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const session = id();
    const send = (name, payload) => {
      const ids = { message_id: id(), task_id: session };
      const header = { namespace: 'SpeechTranscriber', name, appkey: 'default', ...ids };
      socket.send(JSON.stringify({ header, payload }));
    };
    const push = async () => {
      for (let at = 0; at < audio.length; at += FRAME_BYTES) {
        socket.send(audio.subarray(at, at + FRAME_BYTES));
        await sleep(10);
      }
      send('StopTranscription', {});
    };
    socket.on('open', () => send('StartTranscription', { format: 'pcm', sample_rate: 16000 }));
    socket.on('message', (text) => {
      const { header, payload } = JSON.parse(text);
      if (header.name === 'TranscriptionStarted') push().catch(reject);
      if (header.name === 'SentenceEnd') console.log('caption', payload.result);
      if (header.name === 'TranscriptionCompleted') socket.close();
      if (header.name === 'TaskFailed') reject(new Error(header.status_text));
    });
    socket.on('close', resolve);
    socket.on('error', reject);
  });
}

async function main() {
  const Input = { SourceLanguage: 'cn', Format: 'pcm', SampleRate: 16000 };
  const task = await call('CreateTask', 'PUT', TASKS, 'type=realtime', { AppKey: 'my-app', Input });
  await stream(task.MeetingJoinUrl, fs.readFileSync(process.argv[2]).subarray(44));
  const stop = { Input: { TaskId: task.TaskId } };
  await call('CreateTask', 'PUT', TASKS, 'operation=stop&type=realtime', stop);
  let info;
  while ((info = await call('GetTaskInfo', 'GET', `${TASKS}/${task.TaskId}`)).TaskStatus === 'ONGOING') {
    await sleep(100);
  }
  console.log('status', info.TaskStatus);
  for (const [name, link] of Object.entries(info.Result)) {
    const result = await (await fetch(link)).json();
    console.log('result', name, 'of', result.TaskId === task.TaskId);
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
