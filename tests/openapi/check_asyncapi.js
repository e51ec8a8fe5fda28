// Has AsyncAPI's own parser look at documents: node check_asyncapi.js FILE…
//
// npm install @asyncapi/parser

const fs = require('fs');
const { Parser } = require('@asyncapi/parser');

const WORST_ALLOWED = 2; // information: that there is a newer version of AsyncAPI, say

async function main() {
  let wrong = 0;
  for (const file of process.argv.slice(2)) {
    const { document, diagnostics } = await new Parser().parse(fs.readFileSync(file, 'utf8'));
    for (const { severity, code, message, path } of diagnostics) {
      if (severity >= WORST_ALLOWED) continue;
      wrong += 1;
      console.log(`${file}: ${path.join('/')}: ${code}: ${message}`);
    }
    const messages = document ? document.allMessages().length : 0;
    console.log(`${file}: ${messages} messages`);
    if (messages === 0) wrong += 1;
  }
  process.exitCode = wrong ? 1 : 0;
}

main();
