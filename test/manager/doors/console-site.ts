// A manager with one host that runs one guest, web1, whose console is a simulated one; users with tokens; and what a client does to it.
import { performance } from 'node:perf_hooks'
import type { ExecutionContext } from 'ava'
import WebSocket from 'ws'
import { Consoles } from '../../../images/agent/consoles/consoles.ts'
import { logPath } from '../../../images/agent/consoles/owner.ts'
import { startGuest } from '../../../images/agent/requests/start-guest.ts'
import { CONSOLE_PATH, CONSOLE_PROTOCOL, consoles, TICKET_PREFIX } from '../../../manager/contract/consoles.ts'
import { vms } from '../../../manager/contract/vms.ts'
import type { Role } from '../../../manager/protocol/accounts.ts'
import { guest as guestSchema } from '../../../manager/protocol/guests.ts'
import { asJob, guestHost } from '../../images/agent/guests/host.ts'
import { macOf, pushBoot, startSite, startTestAgent, told, until } from '../site.ts'

export interface Looking {
  /** What the guest has said. */
  text(): string
  /** Of what the manager says beside it. */
  readonly notices: readonly string[]
  type(text: string): void
  /** HTTP's, of one that was refused. */
  readonly refused: Promise<number>
  readonly closed: Promise<number>
  close(): void
}

export async function consoleSite(t: ExecutionContext) {
  const site = await startSite(t, { enrol: 'auto' })
  const { manager, address } = site
  const machine = await guestHost()
  const started = await startGuest(machine.world, machine.start, asJob(machine))
  if (started.kind !== 'guest-started') throw new Error(JSON.stringify(started))
  const { host, guest } = machine
  const clock = {
    steady: () => performance.now(),
    after: (milliseconds: number, act: () => void) => {
      const timer = setTimeout(act, milliseconds)
      return () => clearTimeout(timer)
    },
  }
  const boot = await pushBoot(site, macOf(1))
  const agent = startTestAgent(
    t,
    async () => address,
    boot,
    { macs: [macOf(1)] },
    {
      consoles: new Consoles({ ...host.consoles, backend: host.backend, clock }),
    },
  )
  await until('the host', () => manager.pool.hosts().some(({ state }) => state === 'up'))
  agent.change({
    guests: [
      guestSchema.parse({
        ...{ domid: started.domid, uuid: guest.uuid, name: guest.name, type: 'pvh', state: 'running', vcpus: 1, maxVcpus: 1 },
        ...{ memoryBytes: 1, maxMemoryBytes: 1, disks: [], nics: [] },
      }),
    ],
  })
  await until('the guest', async () => (await told(manager, vms.list, {})).vms.length === 1)
  const tokenOf = async (user: string, role: Role): Promise<string> => {
    await manager.access.addUser(user, 'correct horse battery', role)
    const issued = await manager.access.issueToken(user, { label: 'of-the-test', role, days: 1 })
    if (issued.kind !== 'done') throw new Error(issued.reason)
    return issued.value.secret
  }
  const tokens = { otto: await tokenOf('otto', 'operator'), vera: await tokenOf('vera', 'viewer') }
  const roles = { otto: 'operator', vera: 'viewer' } as const
  const by = (user: 'otto' | 'vera') => ({
    ...({ who: { user, role: roles[user], by: { kind: 'token', id: 'of-the-test' } }, peer: '127.0.0.1' } as const),
  })
  return {
    ...site,
    machine,
    tokens,
    say: (text: string) => host.files.write(logPath(guest.name), text, 0o600),
    open: async (user: 'otto' | 'vera', mode: 'type' | 'look' = 'type') => {
      const answer = await manager.calls.call(consoles.open, { ref: 'web1', mode }, by(user))
      if (answer.kind !== 'done') throw new Error(answer.reason)
      return answer.value
    },
    log: (bytes?: number) => manager.calls.call(consoles.log, { ref: 'web1', ...(bytes === undefined ? {} : { bytes }) }, by('vera')),
    look: (ticket: string, headers: Readonly<Record<string, string>>): Looking => {
      const socket = new WebSocket(`wss://127.0.0.1:${address.port}${CONSOLE_PATH}`, [CONSOLE_PROTOCOL, `${TICKET_PREFIX}${ticket}`], {
        ...{ ca: address.authority, headers },
      })
      t.teardown(() => socket.terminate())
      let text = ''
      const notices: string[] = []
      socket.on('error', () => undefined)
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) text += data.toString()
        else notices.push(data.toString())
      })
      return {
        text: () => text,
        notices,
        type: (typed) => socket.send(Buffer.from(typed), { binary: true }),
        refused: new Promise((resolve) => {
          socket.on('unexpected-response', (_request, response) => {
            resolve(response.statusCode ?? 0)
            socket.terminate()
          })
        }),
        closed: new Promise((resolve) => socket.on('close', resolve)),
        close: () => socket.close(1000),
      }
    },
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
