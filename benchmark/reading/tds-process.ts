/** Runs the stand-in for SQL Server in a process of its own, with a proxy in front that answers from memory. */
import { startTds, type TdsOptions } from '../../demo/sql-server/server.js';
import { asChild } from './child.js';
import { startTdsMemory } from './tds-memory.js';

await asChild(async (options: TdsOptions) => {
  const tds = await startTds(options);
  const memory = await startTdsMemory(tds);
  return { port: tds.port, memoryPort: memory.port };
});
