// nfs-server-lite: NFSv3, its ACLs and MOUNT v3 on one port over TCP and UDP, portmap v2 beside them. Receives, decodes,
// decides, encodes, sends. Clients need nothing of what it remembers: a restart goes unnoticed.
import type { Generation } from '../wire/generation.ts'
import { limitLog, withinRate } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import { createFilehandleCodec } from './filehandle.ts'
import { applyMountEvent, type MountEntry, type MountEvent } from './mount3/mounts.ts'
import { printablePath } from './mount3/path.ts'
import { MOUNT_PROGRAM } from './mount3/program.ts'
import { NFS_PROGRAM } from './nfs3/program.ts'
import { NFSACL_PROGRAM } from './nfsacl3/program.ts'
import { startPortmap } from './portmap2/server.ts'
import {
  type Answer,
  answerCall,
  type DataRead,
  describeCall,
  type Exports,
  type MayRead,
  type Program,
  type Transport,
} from './program.ts'
import { decodeCall } from './rpc.ts'
import { type Sighting, Sightings } from './sightings.ts'
import { listenTcp, TCP_LIMITS, type TcpLimits } from './tcp/server.ts'
import { bindUdp, unlessTaken } from './udp/server.ts'

/** Paths are printable: other bytes are escaped as `\xNN`. */
export type MountObservation = MountEvent & { readonly clientAddress: string }

export interface NfsServerOptions {
  /** IP address to listen at. */
  readonly address: string
  /** For NFS and MOUNT alike; 0 is a free one. */
  readonly port: number
  /** Undefined: no portmap. */
  readonly portmap: { readonly port: number } | undefined
  /** Asked for every call: what is published now. */
  readonly exports: () => Exports
  readonly mayRead: MayRead
  /** Secret, 16 bytes or more (32 in nfs.key): the same one gives the same filehandles for ever. */
  readonly handleKey: Buffer
  readonly log: Log
  readonly onMount: (observation: MountObservation) => void
  /** A call that could not be read, and why; of a flood only some are told. */
  readonly onDropped?: (clientAddress: string, reason: string) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly limits?: Partial<TcpLimits>
}

export interface NfsServer {
  readonly port: number
  /** Undefined: portmap was not wanted, or its port was taken. */
  readonly portmapPort: number | undefined
  /** Paths as the clients sent them, their bytes as latin1. */
  mounts(): readonly MountEntry[]
  /** For each generation the addresses that used it since the server started, and when last. */
  clients(): ReadonlyMap<Generation, readonly Sighting[]>
  close(): Promise<void>
}

/** How much of the log peers can fill. */
const COMPLAINTS = { lines: 20, windowSeconds: 10 }
const DROP_RATE = { times: 20, windowSeconds: 1 }
const PROGRAMS = [NFS_PROGRAM, NFSACL_PROGRAM, MOUNT_PROGRAM]

/** Rejects when the port cannot be listened at, and with a RangeError when the key is too short. */
export async function startNfsServer(options: NfsServerOptions): Promise<NfsServer> {
  const { address, log, now, mayRead } = options
  const filehandles = createFilehandleCodec(options.handleKey)
  const limits = { ...TCP_LIMITS, ...options.limits }
  const complaints = limitLog(log, COMPLAINTS, now)
  const mayTell = withinRate(DROP_RATE, now)
  const sightings = new Sightings()
  let mounts: readonly MountEntry[] = []

  function answer(programs: readonly Program[], message: Buffer, clientAddress: string, transport: Transport): Answer | string {
    try {
      const call = decodeCall(message)
      const answered = answerCall(programs, call, { exports: options.exports(), mayRead, filehandles, mounts, clientAddress, transport })
      if (answered.kind === 'data') sightings.saw(answered.data.source.generation, clientAddress, now())
      else {
        const { effect, garbage, fault } = answered
        if (effect.kind === 'seen') sightings.saw(effect.generation, clientAddress, now())
        if (effect.kind === 'mount') observe(effect.event, clientAddress)
        if (garbage) {
          complaints.warn({ peer: clientAddress, call: describeCall(programs, call), reason: garbage.message }, 'GARBAGE_ARGS')
          dropped(clientAddress, `${describeCall(programs, call)}: ${garbage.message}`)
        }
        if (fault) complaints.error({ peer: clientAddress, call: describeCall(programs, call), error: fault }, 'call failed here')
      }
      return answered
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      dropped(clientAddress, reason)
      return reason
    }
  }

  function dropped(clientAddress: string, reason: string): void {
    if (mayTell()) options.onDropped?.(clientAddress, reason)
  }

  function observe(event: MountEvent, clientAddress: string): void {
    mounts = applyMountEvent(mounts, clientAddress, event)
    if (event.kind === 'mounted') sightings.saw(event.generation, clientAddress, now())
    const observation = 'path' in event ? { ...event, path: printablePath(event.path), clientAddress } : { ...event, clientAddress }
    if (event.kind === 'refused') complaints.warn(observation, 'mount refused')
    options.onMount(observation)
  }

  const readFailed = (error: unknown, { source, position, length }: DataRead): void =>
    complaints.error({ generation: source.generation, position, length, error }, 'root.tar cannot be read')
  const tcp = await listenTcp({
    address,
    port: options.port,
    limits,
    complaints,
    now,
    serve: (record, clientAddress) => answer(PROGRAMS, record, clientAddress, 'tcp'),
    readFailed,
  })
  const closing: (() => Promise<void>)[] = [() => tcp.close()]
  const close = async (): Promise<void> => void (await Promise.all(closing.map((end) => end())))
  try {
    const udp = await unlessTaken(() =>
      bindUdp({ address, port: tcp.port, complaints, serve: (packet, peer) => answer(PROGRAMS, packet, peer, 'udp'), readFailed }),
    )
    if (udp) closing.push(() => udp.close())
    else log.warn({ address, port: tcp.port }, 'NFS over UDP is skipped: its port is taken. The dom0 images use TCP.')
    const portmap =
      options.portmap &&
      (await startPortmap({
        address,
        port: options.portmap.port,
        programs: PROGRAMS,
        programsPort: tcp.port,
        transports: udp ? ['tcp', 'udp'] : ['tcp'],
        limits,
        log,
        complaints,
        now,
        answer,
      }))
    if (portmap) closing.push(() => portmap.close())
    log.info({ address, port: tcp.port, portmap: portmap?.port }, 'NFS is served')
    return {
      port: tcp.port,
      portmapPort: portmap?.port,
      mounts: () => mounts,
      clients: () => sightings.list(),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
