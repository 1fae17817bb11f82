#!/usr/bin/env node
// The demo: runs pims-sync in one process with invented practices, a local SES endpoint and its own staff sign-in.
import { fail, failWithoutData } from '../src/commands/fail.js';
import { loadConfig } from '../src/app/config.js';
import { runAll } from '../src/app/run-all.js';
import { onShutdownSignal } from '../src/app/stop.js';
import { keepHeapSmall } from '../src/platform/heap.js';
import { createLog } from '../src/platform/log.js';
import { demoConfigFile, practicesToMake, writeDemoConfig } from './configuration.js';
import { firstImport } from './first-import.js';
import { demoSettings } from './settings.js';
import { startDemo } from './start.js';

keepHeapSmall();
failWithoutData();
await main().catch(fail);

async function main(): Promise<void> {
  const stopping = onShutdownSignal();
  const settings = demoSettings(process.env);
  const configFiles = process.env['PIMS_SYNC_CONFIG'] ?? 'config/demo.yaml';
  const configured = loadConfig({ ...process.env, PIMS_SYNC_CONFIG: configFiles });
  const made = practicesToMake(configFiles);
  say('Preparing a PIMS for each practice of the demo ...');
  const demo = await startDemo(configured, settings, made);
  try {
    writeDemoConfig(configFiles, settings.folder, demo.connections);
    const config = loadConfig({ ...process.env, PIMS_SYNC_CONFIG: demoConfigFile(settings.folder) });
    await runAll({
      config,
      log: createLog(process.env['LOG_LEVEL'] ?? 'warn'),
      stopping,
      say,
      demoSignIn: demo,
      onReady: (app) => firstImport(app, demo, say, stopping),
    });
  } finally {
    await demo.stop();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
