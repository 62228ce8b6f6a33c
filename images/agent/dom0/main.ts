// The bundle, as Node reads it.
import { runHere } from './runner.ts'

/** Filled in by the build. */
declare const AGENT_VERSION: string

await runHere(AGENT_VERSION)
