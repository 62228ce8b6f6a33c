// A network interface, from /sys/class/net and its addresses.
import { readdir, readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { type Mac, parseMac } from '../../../appliance/wire/addresses.ts'
import type { Link, SeenInterface } from '../checks/interface.ts'
import { type Reading, read, unread } from '../finding.ts'

const FOLDER = '/sys/class/net'
/** IFF_UP of the kernel. */
const UP = 1

export async function readInterface(name: string): Promise<Reading<SeenInterface>> {
  try {
    const names = await readdir(FOLDER)
    const addresses = (networkInterfaces()[name] ?? []).flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? [cidr] : []))
    return read({ names, link: names.includes(name) ? await linkOf(name) : undefined, addresses })
  } catch (error) {
    return unread(error instanceof Error ? error.message : String(error))
  }
}

async function linkOf(name: string): Promise<Link> {
  const fact = async (file: string) => (await readFile(join(FOLDER, name, file), 'utf8')).trim()
  const isUp = (Number(await fact('flags')) & UP) !== 0
  // Of one that is down, reading it is EINVAL.
  const carrier = isUp ? await fact('carrier').catch(() => undefined) : undefined
  return { mtu: Number(await fact('mtu')), isUp, hasCarrier: carrier === undefined ? undefined : carrier === '1' }
}

/** Undefined for what has none, such as a tunnel. */
export async function macOf(name: string): Promise<Mac | undefined> {
  const text = await readFile(join(FOLDER, name, 'address'), 'utf8').catch(() => '')
  return parseMac(text.trim())
}
