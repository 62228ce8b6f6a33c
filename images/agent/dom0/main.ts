// The bundle, as Node reads it: the agent, or one end of a stream, which needs little of it.

/** Filled in by the build. */
declare const AGENT_VERSION: string

if (process.argv[2] === '--relay') {
  await import('./schemas.ts')
  const { runRelay } = await import('../streams/relay/main.ts')
  process.exit(await runRelay(process.argv[3] ?? '', process.argv[4]))
} else if (process.argv[2] === '--seed') {
  await import('./schemas.ts')
  const { runSeed } = await import('../seeds/program/main.ts')
  const say = (text: string): void => void process.stdout.write(text)
  process.exitCode = await runSeed(process.argv[3] ?? '', process.argv[4] ?? '', say, (text) => void process.stderr.write(text))
} else {
  const { runHere } = await import('./runner.ts')
  await runHere(AGENT_VERSION)
}
