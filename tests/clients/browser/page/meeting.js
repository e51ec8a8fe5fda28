'use strict';
// A page that pushes a recording to the MeetingJoinUrl in its query, as small web clients do: no ids
// in the commands, no wait for TranscriptionStarted, close() as soon as the stream has ended. What
// it received is left in window.heard.

const FRAME_BYTES = 3200; // 100 ms of 16 kHz 16-bit mono
const FRAME_EVERY_MS = 10;

const command = (name, payload) =>
  JSON.stringify({ header: { namespace: 'SpeechTranscriber', name }, payload });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function push(socket) {
  const recording = await (await fetch('recording.wav')).arrayBuffer();
  socket.send(command('StartTranscription', { format: 'pcm', sample_rate: 16000 }));
  for (let at = 0; at < recording.byteLength; at += FRAME_BYTES) {
    socket.send(recording.slice(at, at + FRAME_BYTES));
    await sleep(FRAME_EVERY_MS);
  }
  socket.send(command('StopTranscription', {}));
}

function caption(text) {
  document.getElementById('captions').append(
    Object.assign(document.createElement('li'), { textContent: text }),
  );
}

const heard = { events: [], problems: [] };
const socket = new WebSocket(new URLSearchParams(location.search).get('join'));
socket.onopen = () => push(socket).catch((problem) => heard.problems.push(String(problem)));
socket.onerror = () => heard.problems.push('the connection failed');
socket.onmessage = ({ data }) => {
  const event = JSON.parse(data);
  heard.events.push(event);
  const { name } = event.header;
  if (name === 'SentenceEnd') caption(event.payload.result);
  if (name === 'TaskFailed') heard.problems.push(data);
  if (name === 'TranscriptionCompleted' || name === 'TaskFailed') socket.close();
};
socket.onclose = ({ code, wasClean }) => {
  heard.closed = { code, wasClean };
  window.heard = heard;
};
