// Starts chromium as the system has it.
import {chromium} from 'playwright-core';

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const flags = [
  '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking',
  '--disable-component-update', '--no-first-run',
];

export async function launch() {
  const failures = [];
  for (const executablePath of programs) {
    try {
      return await chromium.launch({executablePath, args: flags});
    } catch (error) {
      failures.push(error.message);
    }
  }
  throw new Error(`no chromium starts: ${failures.join('; ')}`);
}
