import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { runCommand } from './run-command.js';

const argv = process.argv;

afterEach(() => {
  process.argv = argv;
  jest.restoreAllMocks();
});

/** Ends the call as the real one ends the process. */
class Ended extends Error {}

describe('a command', () => {
  it.each(['--help', '-h', 'metrics --help'])(
    'that is asked for help with %j prints its usage, ends with 0 and does nothing',
    (line) => {
      process.argv = ['node', 'command.js', ...line.split(' ')];
      const printed = jest.spyOn(console, 'log').mockImplementation(() => undefined);
      const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
        throw new Ended();
      });
      let ran = false;
      const command = () => {
        ran = true;
        return new Promise<void>(() => undefined);
      };
      expect(() => runCommand('Usage: npm run it', command)).toThrow(Ended);
      expect([printed.mock.calls, exit.mock.calls, ran]).toEqual([
        [['Usage: npm run it']],
        [[0]],
        false,
      ]);
    },
  );
});
