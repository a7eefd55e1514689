// HTTP specs with a pool of one connection and a short wait for it: whatever holds a connection and
// asks for a second one hangs and fails here. In production twelve such requests at once would
// lock the pool for everybody.
import { spawn } from 'node:child_process';

/** Every road that opens a transaction, without the specs of timing, crowds and commands. */
const SPECS = ['accounts', 'metrics', 'imports', 'attribution', 'capi-intake', 'capi-delivery'];
SPECS.push('events', 'instant-learning', 'drift', 'sampling', 'plan', 'execution-history');
SPECS.push('patterns', 'http');

const given = process.argv.slice(2);
const paths = given.some((one) => !one.startsWith('-'))
  ? given
  : [...given, ...SPECS.map((name) => `test/${name}.spec.ts`)];
const child = spawn('npm', ['run', '--silent', 'test', '--', ...paths], {
  env: { ...process.env, TEST_POOL_SIZE: '1' },
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
