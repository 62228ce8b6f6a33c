// Many things, a few at a time: a thousand hosts are not a thousand connections.

const AT_ONCE = 8

/** The answers in the order of `items`. Rejects with the first failure, once what was begun has ended; nothing is begun after it. */
export async function inBatches<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>): Promise<readonly Result[]> {
  const results: (readonly [at: number, result: Result])[] = []
  const failures: unknown[] = []
  const queue = items.entries()
  const work = async (): Promise<void> => {
    for (const [at, item] of queue) {
      if (failures.length > 0) return
      try {
        results.push([at, await act(item)])
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (failures.length > 0) throw failures[0]
  return results.sort(([a], [b]) => a - b).map(([, result]) => result)
}
