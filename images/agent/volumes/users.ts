// Who has a device of this host open, for a refusal that names him: whatever cannot be read is left out, as the device stays anyway.
import { collect } from '../collect.ts'
import { lsblk } from '../inventory/lsblk.ts'
import type { World } from '../requests/world.ts'

/** `path`: as a guest's configuration has it. Sentences. */
export async function sayUsers({ backend }: Pick<World, 'backend'>, path: string): Promise<string> {
  const { value: rows } = await lsblk(backend)
  const own = rows.find((row) => row.path === path)
  const above = rows
    .filter(({ parents }) => own !== undefined && parents.includes(own.kname))
    .map((row) => `${row.path ?? row.kname} lies on it`)
  const mounts = own?.mountpoints.map((point) => `it is mounted on ${point}`) ?? []
  const { sections } = await collect(backend, ['guests'])
  const guests = (sections.guests ?? []).flatMap(({ name, disks }) =>
    disks.filter(({ target }) => target === path).map(({ vdev }) => `guest ${name} has it as ${vdev}`),
  )
  const said = [...guests, ...mounts, ...above]
  return said.length === 0 ? 'by whom is not known' : said.slice(0, 4).join('; ')
}
