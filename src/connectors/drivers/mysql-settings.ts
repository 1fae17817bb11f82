import { resolve } from 'node:path';
import { z } from 'zod';
import { readAuthority } from './mssql-settings.js';
import type { MysqlOptions } from './mysql.js';

/** How a MySQL or MariaDB server is named. */
export const mysqlSettings = {
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(3306),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string(),
  tls: z.boolean().default(false),
  /** Accepts any certificate: on a network you trust only. */
  trustServerCertificate: z.boolean().default(false),
  certificateAuthority: z.string().min(1).optional(),
};

export type MysqlSettings = z.output<z.ZodObject<typeof mysqlSettings>>;

/** Options for the driver; reads the certificate file if one is named. */
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
