// usage: node healthy.js <healthz|readyz> <port>...
//
// Health check of a container: exits with status 0 if one of our processes on these ports answers with success. The
// image has no curl, and the same image runs `web` and `worker`, each on its own port.
const [question, ...ports] = process.argv.slice(2);
const answers = ports.map(async (port) => {
  const answer = await fetch(`http://127.0.0.1:${port}/${question}`, { signal: AbortSignal.timeout(4_000) });
  if (!answer.ok) throw new Error(`port ${port} says ${answer.status}: ${await answer.text()}`);
});
try {
  await Promise.any(answers);
} catch (error) {
  const reasons = error instanceof AggregateError ? error.errors : [error];
  console.error(reasons.map((one) => one.cause?.message ?? one.message).join('\n'));
  process.exitCode = 1;
}
