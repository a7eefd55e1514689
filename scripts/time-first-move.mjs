// From nothing installed to the first explained move on a real export: `node scripts/time-first-move.mjs
// FILE [--currency USD]`. Two actions of a new user, timed: npm ci, npm run demo -- --input FILE.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [file, ...rest] = process.argv.slice(2);
if (!file) {
  console.error('Usage: node scripts/time-first-move.mjs FILE [--currency USD]');
  process.exit(2);
}
const dataDir = await mkdtemp(join(tmpdir(), 'loopgain-first-move-'));
const started = performance.now();
const seconds = () => Math.round((performance.now() - started) / 100) / 10;

function run(args, onText = () => undefined) {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', args, {
      env: { ...process.env, DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    });
    child.stdout.on('data', (chunk) => onText(chunk.toString()));
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${args.join(' ')} ended with ${code}`)),
    );
  });
}

try {
  await run(['ci', '--no-audit', '--no-fund']);
  const installed = seconds();
  let text = '';
  let firstMove = null;
  await run(['run', '--silent', 'demo', '--', '--input', file, ...rest], (chunk) => {
    text += chunk;
    if (firstMove === null && /^1\. .*\n.*\n.*Why: /m.test(text)) firstMove = seconds();
  });
  console.log(
    JSON.stringify({ actions: 2, npm_ci_seconds: installed, first_move_seconds: firstMove }),
  );
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
