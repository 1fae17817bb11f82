import { resolve } from 'node:path';
import { z } from 'zod';
import { readAuthority } from './mssql-settings.js';
import type { MysqlOptions } from './mysql.js';

/** Settings of a connection to MySQL or MariaDB. */
export const mysqlSettings = {
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(3306),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string(),
  tls: z.boolean().default(false),
  /** Accepts any certificate. Only for a network you trust. */
  trustServerCertificate: z.boolean().default(false),
  certificateAuthority: z.string().min(1).optional(),
};

export type MysqlSettings = z.output<z.ZodObject<typeof mysqlSettings>>;

/** Builds the driver's options; reads the certificate file if the settings name one. */
export async function mysqlOptions(settings: MysqlSettings, baseDir: string): Promise<MysqlOptions> {
  const { host, port, database, user, password, tls, certificateAuthority: file } = settings;
  const authority = file === undefined ? undefined : await readAuthority(resolve(baseDir, file));
  return {
    host,
    port,
    database,
    user,
    password,
    tls: tls ? { verify: !settings.trustServerCertificate, certificateAuthority: authority } : undefined,
    place: `MySQL server ${host}:${port}, database ${database}`,
  };
}
