// Things that are named by ids: whole, or by their beginning, as far as that is one's alone.
import { CommandFailure } from './failure.ts'
import { pick, type Selected } from './selecting.ts'

interface Known {
  readonly id: string
  readonly state: string
}

export interface ById<Item> {
  /** Those that a beginning may mean. */
  readonly all: readonly Item[]
  readonly noun: string
  /** What is older than all that is listed is asked for by its whole id. */
  readonly show: (id: string) => Promise<Item>
}

/** What is given, where none begins so: the manager says whether it has it. */
export function wholeId(ids: readonly string[], given: string, noun: string): string {
  const found = new Set(ids.filter((id) => id.startsWith(given)))
  const [only, ...others] = found
  if (found.has(given)) return given
  if (others.length > 0) throw new CommandFailure(`${found.size} ${noun}s have an id that begins with ${given}: say more of it`, 2)
  return only ?? given
}

export async function pickById<Item extends Known>(args: readonly string[], { all, noun, show }: ById<Item>): Promise<Selected<Item>> {
  const known = new Map(all.map((item) => [item.id, item]))
  const ids = [...new Set(args.map((given) => wholeId([...known.keys()], given, noun)))]
  const others = await Promise.all(ids.filter((id) => !known.has(id)).map(show))
  return pick(ids, [...known.values(), ...others], { noun, names: ({ id }) => [id], groups: ({ state }) => [state] })
}
