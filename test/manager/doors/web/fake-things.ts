// What the hosts of a made-up pool reach, changed by the test.
import { oddOnes } from '../../../../manager/connectivity/odd.ts'
import type { Host } from '../../../../manager/contract/hosts.ts'
import type { Cell, Matrix, Thing } from '../../../../manager/contract/things.ts'
import type { Reaches } from '../../../../manager/doors/answers/matrix-answer.ts'
import { done, found, type Handlers, missing } from '../../../../manager/doors/handlers/handlers.ts'
import { fakeCell, THINGS } from './fake-hosts.ts'

const NO_CELL: Cell = { reached: false, why: 'it has not reported yet' }

export interface FakeThings {
  readonly handlers: Handlers['things']
  readonly reaches: () => Promise<Reaches>
  readonly matrix: () => Matrix
  plug(id: string, key: string, cell: Cell): void
}

/** `hosts`: by id; those that are there now have cells. */
export function fakeThings(
  hosts: ReadonlyMap<string, Host>,
  find: (ref: string) => Host | undefined,
  things: readonly Thing[] = THINGS,
): FakeThings {
  const cells = new Map(
    [...hosts.keys()].map(
      (id, index) => [id, new Map(things.map((thing, column) => [thing.key, fakeCell(index, thing, column)]))] as const,
    ),
  )
  const counted = () => things.map((thing) => ({ ...thing, hosts: [...cells.values()].filter((of) => of.get(thing.key)?.reached).length }))
  const matrix = (): Matrix => {
    const list = [...hosts.values()]
    return {
      hosts: list.map(({ id, name, state }) => ({ id, name, state })),
      rows: counted().map((thing) => ({ ...thing, cells: list.map(({ id }) => cells.get(id)?.get(thing.key) ?? NO_CELL) })),
    }
  }
  const reaches = async (): Promise<Reaches> => ({
    hosts: [...hosts.keys()],
    rows: counted().map((thing) => {
      const reachers = new Set([...cells].flatMap(([id, of]) => (of.get(thing.key)?.reached ? [id] : [])))
      return { ...thing, reachers, odd: oddOnes([...hosts.values()])(reachers) }
    }),
  })
  const detailOf = (key: string) => {
    const thing = counted().find((one) => one.key === key)
    return (
      thing && {
        ...thing,
        cells: [...hosts.values()].map(({ id, name }) => ({ host: id, name, ...(cells.get(id)?.get(key) ?? NO_CELL) })),
      }
    )
  }
  const handlers: Handlers['things'] = {
    matrix: async () => done(matrix()),
    reaches: async () => {
      const all = await reaches()
      return done({ hosts: [...all.hosts], rows: all.rows.map((row) => ({ ...row, reachers: [...row.reachers], odd: [...row.odd] })) })
    },
    list: async () => done({ things: counted() }),
    show: async ({ key }) => found(detailOf(key), `thing ${key}`),
    cell: async ({ key, ref }) => found(cells.get(find(ref)?.id ?? '')?.get(key), `cell of ${key}`),
    async of({ ref }) {
      const host = find(ref)
      if (!host) return missing(`host ${ref}`)
      return done({ things: counted().map((thing) => ({ ...thing, ...(cells.get(host.id)?.get(thing.key) ?? NO_CELL) })) })
    },
    scan: async ({ key }) => found(detailOf(key), `thing ${key}`),
    local: async () =>
      done({
        hosts: [...hosts.values()].map(({ id, name }) => ({
          host: id,
          name,
          disks: [{ name: 'sda', sizeBytes: 960 * 10 ** 9 }],
          vgs: [{ name: 'vg_local', sizeBytes: 900 * 10 ** 9, freeBytes: 300 * 10 ** 9 }],
        })),
      }),
  }
  return { handlers, reaches, matrix, plug: (id, key, cell) => void cells.get(id)?.set(key, cell) }
}
