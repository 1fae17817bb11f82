#!/usr/bin/env node
// The local SES endpoint as a process of its own: `node dist/demo/ses/main.js '{"port":4579}'`, or the same
// JSON in LOCAL_SES_OPTIONS. It prints its URL as the first line; SIGTERM and SIGINT stop it.
import { sentenceOf } from '../../src/lib/problem.js';
import { startLocalSes } from './local-ses.js';
import type { LocalSesOptions } from './options.js';

try {
  const given = process.argv[2] ?? process.env['LOCAL_SES_OPTIONS'] ?? '{}';
  const ses = await startLocalSes(JSON.parse(given) as LocalSesOptions);
  const stop = (): void => void ses.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Stops when the parent that forked it ends.
  process.once('disconnect', stop);
  process.stdout.write(`${ses.url}\n`);
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exit(1);
}
