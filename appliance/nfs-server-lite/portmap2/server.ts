// Portmap on its port over TCP and UDP. Where an rpcbind runs it is left alone: dom0s do not ask it.
import type { Log } from '../../wire/log.ts'
import type { Answer, Program, Transport } from '../program.ts'
import { listenTcp, type TcpLimits } from '../tcp/server.ts'
import { bindUdp, unlessTaken } from '../udp/server.ts'
import { IPPROTO_TCP, IPPROTO_UDP, portmapProgram } from './program.ts'

export interface PortmapService {
  readonly address: string
  readonly port: number
  /** Programs that are served at `programsPort`, over each of `transports`. */
  readonly programs: readonly Program[]
  readonly programsPort: number
  readonly transports: readonly Transport[]
  readonly limits: TcpLimits
  readonly log: Log
  /** Limited: a peer can make it write. */
  readonly complaints: Log
  readonly now: () => number
  /** Never throws; a string is the reason not to answer. */
  answer(programs: readonly Program[], message: Buffer, clientAddress: string, transport: Transport): Answer | string
}

export interface Portmap {
  readonly port: number
  close(): Promise<void>
}

const PROTOCOLS = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP } as const

/** Undefined, with a warning, when the port is taken. Rejects when it cannot be had for another reason. */
export async function startPortmap(service: PortmapService): Promise<Portmap | undefined> {
  const { address, complaints, limits, now, log } = service
  const mappings = service.transports.flatMap((transport) =>
    service.programs.map(({ prog, vers }) => ({ prog, vers, prot: PROTOCOLS[transport], port: service.programsPort })),
  )
  const own = { prog: 100000, vers: 2 }
  let programs: readonly Program[] = []
  const tcp = await unlessTaken(() =>
    listenTcp({
      address,
      port: service.port,
      limits,
      complaints,
      now,
      serve: (record, clientAddress) => service.answer(programs, record, clientAddress, 'tcp'),
      readFailed: () => {},
    }),
  )
  if (!tcp) return skipped(log, address, service.port, 'tcp')
  const { port } = tcp
  programs = [portmapProgram([...mappings, { ...own, prot: IPPROTO_TCP, port }, { ...own, prot: IPPROTO_UDP, port }])]
  try {
    const udp = await unlessTaken(() =>
      bindUdp({
        address,
        port,
        complaints,
        serve: (packet, clientAddress) => service.answer(programs, packet, clientAddress, 'udp'),
        readFailed: () => {},
      }),
    )
    if (udp) return { port, close: async () => void (await Promise.all([tcp.close(), udp.close()])) }
  } catch (error) {
    await tcp.close()
    throw error
  }
  await tcp.close()
  return skipped(log, address, port, 'udp')
}

function skipped(log: Log, address: string, port: number, protocol: 'tcp' | 'udp'): undefined {
  log.warn(
    { address, port, protocol },
    'portmap is skipped: its port is taken, most likely by a running rpcbind. The dom0 images do not need it, for they mount with ' +
      'port= and mountport=; other NFS clients must do so too, or stop rpcbind and restart the appliance.',
  )
  return undefined
}
