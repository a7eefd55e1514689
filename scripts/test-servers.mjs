// The whole suite once more, on servers instead of the embedded database.
// TEST_DATABASE_URL and TEST_REDIS_URL name them; the defaults are what a developer's machine has.
import { spawn } from 'node:child_process';

const env = {
  ...process.env,
  TEST_DATABASE_URL: process.env.TEST_DATABASE_URL ?? 'postgresql://root@127.0.0.1:5432/test',
  TEST_REDIS_URL: process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379',
};
const child = spawn('npm', ['run', '--silent', 'test', '--', ...process.argv.slice(2)], {
  env,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
