// The bytes of a request, piece by piece at the speed of who takes them. A client that stands still
// is cut off, one that is merely slow is not. The stream is left unharmed, so that the rest of a
// refused body can be thrown away and the connection lives on.
import type { Readable } from 'node:stream';
import { DomainError } from '../../../shared/index.js';

/** Resolves with the last byte taken; each piece is written before the next one is read. */
export function receive(
  body: Readable,
  standsMillisMax: number,
  write: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = (error?: unknown) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      body.off('data', take).off('end', ended).off('error', broke).off('close', broke);
      body.pause();
      // Nobody else may be listening when the connection breaks later.
      body.on('error', () => undefined);
      if (error === undefined) resolve();
      else reject(error as Error);
    };
    const timer = setTimeout(() => end(standsStill(standsMillisMax)), standsMillisMax);
    let written = Promise.resolve();
    const take = (bytes: Buffer) => {
      body.pause();
      written = write(bytes);
      written.then(() => {
        if (isOver) return;
        timer.refresh();
        body.resume();
      }, end);
    };
    // A body whose end is there already says so although it is paused: its last piece may still be
    // on the way to the disk.
    const ended = () => {
      body.off('close', broke);
      written.then(() => end(), end);
    };
    const broke = () => end(brokenOff());
    if (body.destroyed) return end(brokenOff());
    body.on('data', take).once('end', ended).once('error', broke).once('close', broke);
    body.resume();
  });
}

function standsStill(millis: number): DomainError {
  const seconds = Math.round(millis / 1000);
  return new DomainError(408, 'imports.stalled', `No byte came for ${seconds} s; send it again.`);
}

function brokenOff(): DomainError {
  return new DomainError(400, 'imports.broken_off', 'The upload broke off before its end.');
}
