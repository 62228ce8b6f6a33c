// Who lacks what hosts like it have: the mistakes among all that hosts were never meant to reach. Pure.

export interface Like {
  readonly id: string
  readonly groups: readonly string[]
  readonly product?: string
}

/** Others that make a habit. */
const FEWEST = 2

/**
 * For things one after the other: ids of the hosts that do not reach it while more than half of the others like them do. Like a host are those
 * of the same groups; of one without groups, those of its product without groups; where there are fewer than two of them, all.
 */
export function oddOnes(hosts: readonly Like[]): (reachers: ReadonlySet<string>) => ReadonlySet<string> {
  const kinds = new Map<string, string[]>()
  for (const host of hosts) {
    const kind = kindOf(host)
    const alike = kinds.get(kind)
    if (alike) alike.push(host.id)
    else kinds.set(kind, [host.id])
  }
  const all = hosts.map(({ id }) => id)
  return (reachers) => {
    if (reachers.size === 0) return new Set()
    const isHabit = (alike: readonly string[]): boolean => alike.filter((id) => reachers.has(id)).length * 2 > alike.length - 1
    const [wide, odd] = [isHabit(all), new Set<string>()]
    for (const alike of kinds.values()) {
      if (alike.length - 1 < FEWEST ? !wide || all.length - 1 < FEWEST : !isHabit(alike)) continue
      for (const id of alike) if (!reachers.has(id)) odd.add(id)
    }
    return odd
  }
}

function kindOf({ groups, product }: Like): string {
  return JSON.stringify(groups.length > 0 ? [...groups].sort() : (product ?? null))
}
