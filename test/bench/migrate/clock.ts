// What a guest of the lab measures of itself, by its own clock: the longest gap between two ticks of 10 ms, and how long each of its writes to
// its disk took. Both loops are its shell's, and go with it when it moves.

import { askGuest, typeInGuest, waitForGuest } from '../../lab/guest/console.ts'
import type { RackNode } from '../../lab/node.ts'
import type { Pace } from '../../lab/patience.ts'

/** One write of 4 KiB, until the disk had it; by the guest's uptime, ms. */
export interface WriteSeen {
  readonly began: number
  readonly ended: number
}

export interface ByItsClock {
  /** ms. */
  readonly gap: number
  readonly writes: readonly WriteSeen[]
  /** That it wrote to its disk meanwhile, by its kernel, its file system's journal among them; bytes. */
  readonly written: number
  /** Its uptime when the host's clock was `hostAt`, before it moved: both in ms. */
  readonly uptime: number
  readonly hostAt: number
}

/** A guest, and where it is. */
export interface Moving {
  readonly name: string
  home: RackNode
  away: RackNode
}

const BEFORE_S = 30
const SECTOR = 512

/** From half a minute before what is done with it until after it; it is at the other host then. */
export async function byItsClock(pace: Pace, guest: Moving, act: () => Promise<void>): Promise<ByItsClock> {
  const { name, home, away } = guest
  const run = Date.now()
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are the guest's shell's.
  const ticks = [
    'p=0; m=0; while [ ! -e /run/end ]; do read u r </proc/uptime; u=${u%.*}${u#*.}',
    '[ $p -gt 0 ] && [ $((u-p)) -gt $m ] && m=$((u-p)); p=$u; usleep 10000; done',
    `echo gap-$((${run}))-$m-`,
  ]
  const writes = [
    ': >/run/writes; while [ ! -e /run/end ]; do read u r </proc/uptime',
    'dd if=/dev/zero of=/data/write bs=4096 count=1 conv=notrunc,fsync 2>/dev/null',
    'read v r </proc/uptime; echo ${u%.*}${u#*.}-${v%.*}${v#*.} >>/run/writes; usleep 500000; done',
  ]
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: they are the guest's shell's.
  for (const loop of [ticks, writes]) await typeInGuest(home, name, `( ${loop.join('; ')} ) &`)
  await askGuest(pace, home, name, `sleep ${BEFORE_S}`)
  const { uptime, hostAt, sectors } = await soFar(pace, home, name)
  await act()
  const written = ((await soFar(pace, away, name)).sectors - sectors) * SECTOR
  await askGuest(pace, away, name, `[ -e /run/writes ] && : >/run/end && sleep 2`)
  // Behind the prompt that its shell stands at; as it was typed, it is no number yet.
  const told = new RegExp(`gap-${run}-(\\d+)-`)
  const [, hundredths = ''] = told.exec(await waitForGuest(pace, away, name, told)) ?? []
  await typeInGuest(away, name, `echo from-$((${run})); cat /run/writes; rm /run/end /run/writes; echo until-$((${run}))`)
  const listed = new RegExp(`from-${run}\\b([^]*)until-${run}\\b`)
  const [, seen = ''] = listed.exec(await waitForGuest(pace, away, name, listed)) ?? []
  ;[guest.home, guest.away] = [away, home]
  return { gap: Number(hundredths) * 10, writes: readWrites(seen), written, uptime, hostAt }
}

/** `sectors`: written to its first disk since it booted. */
async function soFar(pace: Pace, node: RackNode, name: string) {
  const asked = Date.now()
  const look = 'read u r </proc/uptime; read a b c d e f s r </sys/block/xvda/stat'
  await typeInGuest(node, name, `${look}; echo up-$((${asked}))-$u-$s-`)
  const hostAt = Date.now()
  const told = new RegExp(`up-${asked}-(\\d+\\.\\d+)-(\\d+)-`)
  const [, seconds = '', sectors = ''] = told.exec(await waitForGuest(pace, node, name, told)) ?? []
  return { uptime: Number(seconds) * 1000, sectors: Number(sectors), hostAt }
}

/** `BEGAN-ENDED` in hundredths of a second, each a word. What is not that, as another word on its console, is passed by. */
export function readWrites(text: string): readonly WriteSeen[] {
  return Array.from(text.matchAll(/(?<!\S)(\d+)-(\d+)(?!\S)/g), ([, began, ended]) => ({
    began: Number(began) * 10,
    ended: Number(ended) * 10,
  }))
}

/** Of the writes that began within this time of the host's clock, ms, how long each took. */
export function tookIn({ writes, uptime, hostAt }: ByItsClock, from: number, to: number): readonly number[] {
  const at = (write: WriteSeen) => write.began - uptime + hostAt
  return writes.filter((write) => at(write) >= from && at(write) <= to).map(({ began, ended }) => ended - began)
}
