/**
 * Program of the process that owns one ODBC connection. odbc-process.ts starts it, sends one request at a time and
 * kills it. Plain JavaScript, because tests start it from `src`, where no new process compiles TypeScript.
 */
import process from 'node:process';

let odbc;
let connection;

const steps = {
  async load() {
    ({ default: odbc } = await import('odbc'));
  },
  async connect({ options }) {
    connection = await odbc.connect(options);
  },
  async query({ sql, values }) {
    return columnsOf(values.length > 0 ? await connection.query(sql, values) : await connection.query(sql));
  },
  async close() {
    await connection.close();
  },
};

/** Converts a result to columns; sending a page in this form takes a third of the time. */
function columnsOf(rows) {
  // A statement without a result, such as SET, has no columns.
  return (rows.columns ?? []).map(({ name, dataType }) => {
    return { name, dataType, values: rows.map((row) => row[name]) };
  });
}

process.on('message', (request) => {
  steps[request.step](request).then(
    (result) => process.send({ result }),
    ({ message, code, odbcErrors }) => process.send({ error: { message, code, odbcErrors } }),
  );
});
// An ordinary exit would wait for a driver that hangs.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches every process of the terminal. The one that started this process decides when it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
