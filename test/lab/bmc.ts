// A BMC for each node that speaks real IPMI 2.0 over LAN: OpenIPMI's ipmi_sim, with the lab as its chassis.

import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { bootDeviceOf, chassisAnswer, parseChassisRequest } from './chassis.ts'
import type { Machine } from './machine.ts'
import { type Ran, runInNamespace, startInNamespace } from './namespace.ts'
import type { Folders, NodePlan } from './plan.ts'

export const BMC_USER = 'hostless'
export const POWER_ACTIONS = ['on', 'off', 'cycle', 'reset', 'status'] as const
export type PowerAction = (typeof POWER_ACTIONS)[number]

/** Where the BMCs of a rack are and what opens them. */
export interface BmcAccess {
  readonly namespace: string
  readonly passwordFile: string
}

const MOST_REQUEST_BYTES = 1024

/** ipmi_sim's lan.conf: one admin, RMCP+ on the BMC's own address. Holds the password. */
export function bmcConfig(plan: NodePlan, chassisProgram: string, password: string): string {
  return [
    `name "${plan.name}"`,
    'set_working_mc 0x20',
    'startlan 1',
    `  addr ${plan.bmcAddress} 623`,
    '  priv_limit admin',
    '  allowed_auths_operator md5',
    '  allowed_auths_admin md5',
    `  guid ${plan.uuid.replaceAll('-', '')}`,
    'endlan',
    `chassis_control "${chassisProgram}"`,
    `user 2 true "${BMC_USER}" "${password}" admin 10 md5`,
    '',
  ].join('\n')
}

/** ipmi_sim's start-up commands: one management controller that is a BMC with a chassis. */
export const BMC_COMMANDS = [
  'mc_setbmc 0x20',
  'mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr',
  'sel_enable 0x20 1000 0x0a',
  'mc_enable 0x20',
  '',
].join('\n')

/** Cipher suite 3 is named because asking ipmi_sim for its suites costs ten seconds. The password stays off the command line. */
export function ipmitoolArguments(bmcAddress: string, passwordFile: string, command: readonly string[]): readonly string[] {
  return ['ipmitool', '-I', 'lanplus', '-C', '3', '-H', bmcAddress, '-U', BMC_USER, '-f', passwordFile, ...command]
}

/** `chassis power …` says "Chassis Power is on"; undefined when it says nothing of the kind. */
export function powerState(text: string): 'on' | 'off' | undefined {
  const state = /Chassis Power is (on|off)/.exec(text)?.[1]
  return state === 'on' || state === 'off' ? state : undefined
}

/** Rejects with ipmitool's own words when the BMC refuses. */
export async function runIpmitool(access: BmcAccess, bmcAddress: string, command: readonly string[]): Promise<string> {
  const ran: Ran = await runInNamespace(access.namespace, ipmitoolArguments(bmcAddress, access.passwordFile, command), {
    timeoutMs: 60_000,
  })
  if (ran.exitCode !== 0) throw new Error(`ipmitool ${command.join(' ')} at ${bmcAddress}: ${ran.stderr.trim() || ran.stdout.trim()}`)
  return ran.stdout
}

export interface Bmcs {
  readonly access: BmcAccess
  close(): Promise<void>
}

/** Starts a BMC a node. They end with the rack's namespace; `close` ends the lab's side of the chassis. */
export async function startBmcs(
  machines: ReadonlyMap<NodePlan, Machine>,
  namespace: string,
  folders: Folders,
  password: string,
): Promise<Bmcs> {
  const file = (name: string) => join(folders.runtime, name)
  const passwordFile = file('bmc.password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  await writeFile(file('chassis.sh'), await readFile(join(import.meta.dirname, 'chassis.sh')))
  await writeFile(file('bmc.commands'), BMC_COMMANDS)
  const server = await serveChassis(machines, file('chassis.sock'))
  for (const plan of machines.keys()) {
    const config = file(`${plan.name}.bmc.conf`)
    const program = `/bin/sh ${file('chassis.sh')} ${file('chassis.sock')} ${plan.name} 0x20`
    await writeFile(config, bmcConfig(plan, program, password), { mode: 0o600 })
    const argv = ['ipmi_sim', '--nostdio', '--nopersist', '-s', folders.runtime, '-c', config, '-f', file('bmc.commands')]
    startInNamespace(namespace, argv, join(folders.run, `${plan.name}.bmc.log`))
  }
  const access = { namespace, passwordFile }
  for (const plan of machines.keys()) await waitForBmc(access, plan)
  return { access, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

async function waitForBmc(access: BmcAccess, plan: NodePlan): Promise<void> {
  const until = Date.now() + 30_000
  for (;;) {
    const answer = await runIpmitool(access, plan.bmcAddress, ['-N', '1', '-R', '2', 'chassis', 'power', 'status']).catch((e: Error) => e)
    if (typeof answer === 'string') return
    if (Date.now() > until) throw new Error(`${plan.name}: its BMC does not answer`, { cause: answer })
  }
}

function serveChassis(machines: ReadonlyMap<NodePlan, Machine>, socket: string): Promise<Server> {
  const chassis = new Map([...machines].map(([plan, machine]) => [plan.name, { machine, boot: 'default' }]))
  const server = createServer(async (request, response) => {
    const found = chassis.get(request.url?.slice(1) ?? '')
    const answer = found ? await control(found, await body(request)).catch(() => undefined) : undefined
    response.statusCode = answer === undefined ? 500 : 200
    response.end(answer)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, () => resolve(server))
  })
}

/** undefined when refused: the BMC then reports an error to whoever asked. */
async function control(chassis: { readonly machine: Machine; boot: string }, text: string): Promise<string | undefined> {
  const { machine } = chassis
  const request = parseChassisRequest(text)
  switch (request.kind) {
    case 'get':
      return chassisAnswer(request.names, { running: machine.pid !== undefined, boot: chassis.boot })
    case 'power':
      if (request.state === 'on') await machine.powerOn(bootDeviceOf(chassis.boot))
      else await machine.powerOff()
      return ''
    case 'reset':
      await machine.reset(bootDeviceOf(chassis.boot))
      return ''
    case 'shutdown':
      await machine.monitor('system_powerdown')
      return ''
    case 'boot':
      chassis.boot = request.device
      return ''
    case 'unsupported':
      return undefined
  }
}

async function body(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const bytes of request) {
    text += String(bytes)
    if (text.length > MOST_REQUEST_BYTES) break
  }
  return text
}
