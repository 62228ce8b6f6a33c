// What simulated machines report, recorded once through the agent's own code and told again by thousands of hosts, each under its own UUID,
// MACs and serials: so the load costs little, and each manager still sees thousands of different hosts. Each 16 of them share their LUNs, and
// all their networks, as racks do.
import { randomUUID } from 'node:crypto'
import { machineClock } from '../../images/agent/exec.ts'
import { observe } from '../../images/agent/runner.ts'
import { makeMachine, simulatedHost } from '../../images/agent/simulator.ts'
import type { AgentMessage } from '../../manager/protocol/messages.ts'
import { uuid } from '../../manager/protocol/values.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'

export interface Recording {
  /** Of host number `index`, as text. */
  inventory(index: number, run: string): string
  sample(index: number): string
  /** Its sensors once more: what changes most often. */
  delta(index: number, run: string, base: number): string
}

const MACHINES = 16
const MACHINES_MACS = /"24:6e:96:([0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2})"/g

const WWIDS = /naa\.[56][0-9a-f]{15,31}/g
const LVM_UUIDS = /"[0-9a-f]{6}(-[0-9a-f]{4}){5}-[0-9a-f]{6}"/g
const GUESTS = /"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"/g
const TARGETS = /iqn\.2000-05\.com\.[\w:]+/g

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0')

interface Recorded {
  readonly inventory: string
  readonly sensors: string
  readonly sample: string
  readonly uuid: string
  readonly serial: string
}

export async function record(): Promise<Recording> {
  const recorded = await Promise.all(Array.from({ length: MACHINES }, (_, index) => recordOne(index)))
  const of = (index: number): Recorded => recorded[index % MACHINES] ?? recorded[0] ?? refuse()
  return {
    inventory(index, run) {
      const { inventory, uuid: own, serial } = of(index)
      const copy = Math.floor(index / MACHINES)
      const text = inventory
        .replaceAll(own, `${own.slice(0, 24)}${copy.toString(16).padStart(12, '0')}`)
        .replaceAll(serial, `${serial}${copy}`)
        .replace(WWIDS, (all) => `${all.slice(0, -4)}${hex(copy, 4)}`)
        .replace(LVM_UUIDS, (all) => `${all.slice(0, -7)}${hex(copy, 6)}"`)
        .replace(GUESTS, (all) => `${all.slice(0, -5)}${hex(copy, 4)}"`)
        .replace(TARGETS, (all) => `${all}.${copy}`)
        .replace(MACHINES_MACS, `"24:${(copy & 255).toString(16).padStart(2, '0')}:96:$1"`)
      return `{"kind":"inventory","run":"${run}","revision":1,"inventory":${text}}`
    },
    sample: (index) => of(index).sample.replace(/"at":\d+/, `"at":${Date.now()}`),
    delta: (index, run, base) =>
      `{"kind":"delta","run":"${run}","base":${base},"revision":${base + 1},"sections":{"sensors":${of(index).sensors}},"problems":[]}`,
  }
}

async function recordOne(index: number): Promise<Recorded> {
  const machine = makeMachine('bench', index)
  const said: AgentMessage[] = []
  let told: (message: AgentMessage) => void = () => undefined
  const sampled = new Promise<AgentMessage>((resolve) => {
    told = (message) => (message.kind === 'sample' ? resolve(message) : undefined)
  })
  const observation = await observe(simulatedHost(machine, machineClock), {
    run: uuid.parse(randomUUID()),
    sampleSeconds: 0.5,
    log: collectingLog().log,
    send: (message) => {
      said.push(message)
      told(message)
    },
  })
  const sample = await sampled
  await observation.stop()
  const full = said.find((message) => message.kind === 'inventory')
  if (full?.kind !== 'inventory') return refuse()
  return {
    inventory: JSON.stringify(full.inventory),
    sensors: JSON.stringify(full.inventory.sensors),
    sample: JSON.stringify(sample),
    uuid: machine.systemUuid,
    serial: machine.serial,
  }
}

function refuse(): never {
  throw new Error('a simulated machine reported nothing')
}
