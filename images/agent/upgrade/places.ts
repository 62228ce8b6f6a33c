// Where an agent leaves what the next one of this boot needs: in RAM, for root alone. run-agent, which starts agents, reads the same.

/** run-agent starts the chosen agent when one ends with this code, and does not count it as a death. */
export const HANDOVER = 85

export interface Places {
  readonly folder: string
  /** The SHA-256 of the bundle to start; none: the image's own. */
  readonly chosen: string
  /** A line for each time the chosen one died young. */
  readonly deaths: string
  /** SHA-256 of those that were given up, a line each. */
  readonly dropped: string
  /** SHA-256 of one that no manager has welcomed; it may be chosen once more. */
  readonly suspect: string
  readonly identity: string
  /** Folder of what is under way longer than an agent may live. */
  readonly jobs: string
  bundle(sha256: string): string
}

/** `folder`: /run/hostless, unless a test says otherwise. */
export function placesIn(folder: string): Places {
  return {
    folder,
    chosen: `${folder}/agent.chosen`,
    deaths: `${folder}/agent.deaths`,
    dropped: `${folder}/agent.dropped`,
    suspect: `${folder}/agent.suspect`,
    identity: `${folder}/agent.identity`,
    jobs: `${folder}/jobs`,
    bundle: (sha256) => `${folder}/agent-${sha256}.mjs`,
  }
}

/** Those that a manager need not offer again in this boot; the newest. */
export function parseDropped(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split('\n')
    .filter((line) => /^[0-9a-f]{64}$/.test(line))
    .slice(-16)
}

/** SHA-256 of the bundle that this path is; undefined for the image's own agent. */
export function bundleAt(path: string): string | undefined {
  return /\/agent-([0-9a-f]{64})\.mjs$/.exec(path)?.[1]
}

/** SHA-256 of the bundles among these names, without `except`. */
export function bundlesIn(names: readonly string[], except: string): readonly string[] {
  return names.flatMap((name) => /^agent-([0-9a-f]{64})\.mjs$/.exec(name)?.[1] ?? []).filter((sha256) => sha256 !== except)
}
