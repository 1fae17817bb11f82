import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { PimsProblem } from '../errors.js';
import type { MssqlOptions } from './mssql.js';

/** Settings of a connection to SQL Server. */
export const mssqlSettings = {
  /** Host name or address; `HOST\INSTANCE` sets both. */
  host: z.string().min(1),
  /** A named instance; the SQL Server Browser (UDP 1434) returns its port. */
  instance: z.string().min(1).optional(),
  /** Wins over the instance; required if UDP is closed. */
  port: z.int().min(1).max(65_535).optional(),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string(),
  /** A Windows domain, for an integrated login. */
  domain: z.string().min(1).optional(),
  encrypt: z.boolean().default(true),
  trustServerCertificate: z.boolean().default(false),
  /** A PEM file with the authority of the server's certificate. */
  certificateAuthority: z.string().min(1).optional(),
  /** For servers with TLS 1.0 only. */
  oldTls: z.boolean().default(false),
};

export type MssqlSettings = z.output<z.ZodObject<typeof mssqlSettings>>;

/** Builds the driver's options; reads the certificate file if the settings name one. */
export async function mssqlOptions(settings: MssqlSettings, baseDir: string): Promise<MssqlOptions> {
  const [host = settings.host, named] = settings.host.split('\\');
  const instance = settings.instance ?? named;
  const { certificateAuthority: file } = settings;
  return {
    host,
    instance,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    password: settings.password,
    domain: settings.domain,
    encrypt: settings.encrypt,
    trustServerCertificate: settings.trustServerCertificate,
    certificateAuthority: file === undefined ? undefined : await readAuthority(resolve(baseDir, file)),
    oldTls: settings.oldTls,
    place: placeOf(host, settings.port, instance, settings.database),
  };
}

function placeOf(host: string, port: number | undefined, instance: string | undefined, database: string): string {
  const where = port === undefined ? (instance === undefined ? host : `${host}\\${instance}`) : `${host}:${port}`;
  return `SQL Server ${where}, database ${database}`;
}

export async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new PimsProblem({
      code: 'pims-settings-wrong',
      message: `The certificate file ${file} cannot be read.`,
      help: "Correct `certificateAuthority` in the practice's `connection`. The path is relative to the configuration's folder.",
      cause: error,
    });
  }
}
