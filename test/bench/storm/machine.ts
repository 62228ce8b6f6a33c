// One machine's boot, as far as servers see it: everything is fetched whole, thrown away, and asked for anew where that fails, as iPXE and the
// initramfs do. It takes no time of its own.
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Mac } from '../../../appliance/wire/addresses.ts'
import { BIOS, text } from '../../appliance/dhcp/packets.ts'
import { type CallReply, type EncodedCall, mountRoot, NfsConnection, statusOf } from '../nfs-client.ts'
import { type Boot, readBootScript } from './boot-script.ts'
import type { DhcpClients } from './dhcp-client.ts'
import { fetchByTftp } from './tftp-client.ts'

const IPXE = [...BIOS, text(77, 'iPXE'), { code: 175, data: Buffer.of(19, 1, 1) }]
/** iPXE's and the initramfs', ms. */
const AGAIN_MS = 5000
const MOST_AGAIN = 60
/** Reads of one file that a kernel's read-ahead keeps in flight. */
const READ_AHEAD = 4
/** NFS3ERR_NOENT. */
const NO_ENTRY = 2

export interface Ground {
  readonly server: string
  /** What names in a script that came by TFTP are below. */
  readonly base: string
  readonly dhcp: DhcpClients
  /** For the handles of this server; `reads` go several at a time. */
  readonly calls: readonly { readonly call: EncodedCall; readonly isRead: boolean }[]
}

export interface Booted {
  /** From its first DISCOVER, ms. */
  readonly ms: number
  /** How often something had to be begun anew. */
  readonly again: number
}

/** Rejects when something has failed for five minutes. */
export async function bootMachine(mac: Mac, ground: Ground): Promise<Booted> {
  const began = performance.now()
  let again = 0
  const tried = async <Value>(act: () => Promise<Value>): Promise<Value> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await act()
      } catch (error) {
        if (tries === MOST_AGAIN) throw error
        again += 1
        await pause(AGAIN_MS)
      }
    }
  }
  await tried(async () => {
    const { file, address } = await ground.dhcp.lease(mac, BIOS)
    await fetchByTftp(ground.server, file, address)
  })
  const boot = await tried(async () => {
    const { address, file } = await ground.dhcp.lease(mac, IPXE)
    const script = file.startsWith('http:') ? await fetched(file, address) : await fetchByTftp(ground.server, file, address)
    const read = readBootScript(script.toString('utf8'), { base: ground.base, mac: mac.replaceAll(':', ''), address })
    for (const url of read.files) await fetched(url, address)
    return { ...read, address }
  })
  const tell = (stage: string, ...details: readonly string[]) =>
    tried(() => report(boot, [`stage=${stage}`, 'status=done', `uptime=${((performance.now() - began) / 1000).toFixed(2)}`, ...details]))
  await tell('initramfs', 'started=0.50')
  await tell('network', `address=${boot.address}/16`, 'interface=eth0')
  await tried(() => replay(boot, ground))
  await tell('root')
  await tell('dom0')
  await tell('up', 'xen=4.20', 'kernel=6.12', 'memory_mib=2048', 'cpus=1')
  return { ms: performance.now() - began, again }
}

async function replay({ root, address }: Boot & { readonly address: string }, { server, calls }: Ground): Promise<void> {
  await mountRoot(server, root.mountPort, root.path, address)
  const connection = await NfsConnection.open(server, root.port, address)
  try {
    for (let at = 0; at < calls.length; ) {
      const reads = calls.slice(at, at + READ_AHEAD).findIndex(({ isRead }) => !isRead)
      const together = calls[at]?.isRead ? (reads < 0 ? Math.min(READ_AHEAD, calls.length - at) : reads) : 1
      for (const reply of await Promise.all(calls.slice(at, at + together).map(({ call }) => connection.send(call)))) expectAnswer(reply)
      at += together
    }
  } finally {
    connection.close()
  }
}

/** A boot also looks for files that are not there. */
function expectAnswer(reply: CallReply): void {
  const status = statusOf(reply)
  if (status !== 0 && status !== NO_ENTRY) throw new Error(`an NFS call of the boot failed: ${status}`)
}

async function fetched(url: string, localAddress: string): Promise<Buffer> {
  const asked = request(url, { localAddress, agent: false }).end()
  const response = await answerOf(asked)
  const parts: Buffer[] = []
  let bytes = 0
  const wanted = Number(response.headers['content-length'])
  for await (const part of response) {
    const piece = part as Buffer
    bytes += piece.length
    // Scripts are read; images are too long to be kept a thousand times.
    if (bytes <= 65_536) parts.push(piece)
  }
  if (response.statusCode !== 200 || bytes !== wanted) throw new Error(`${url}: ${response.statusCode}, ${bytes} bytes of ${wanted}`)
  return Buffer.concat(parts)
}

async function report({ reports, attempt, address }: Boot & { readonly address: string }, lines: readonly string[]): Promise<void> {
  const asked = request(`http://${reports}/report/${attempt}`, { method: 'POST', localAddress: address, agent: false })
  asked.end(lines.join('\n'))
  const response = await answerOf(asked)
  response.resume()
  if ((response.statusCode ?? 500) >= 300) throw new Error(`a report was answered by ${response.statusCode}`)
}

async function answerOf(asked: ReturnType<typeof request>): Promise<IncomingMessage> {
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return response
}
