// A real Chromium for the page: Debian's package, or the one that CHROMIUM_PATH names.
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const DEBIAN_PATH = '/usr/bin/chromium';

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? DEBIAN_PATH;
  if (!existsSync(executablePath)) {
    throw new Error(
      `There is no Chromium at ${executablePath}: install Debian's package "chromium" ` +
        '(apt-get install chromium), or set CHROMIUM_PATH to an executable.',
    );
  }
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}
