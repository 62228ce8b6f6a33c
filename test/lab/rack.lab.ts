// A rack of real processes: power by IPMI, the console of a firmware, and that nothing is left when it is gone.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { PROJECT, runtimeFolder } from './folders.ts'
import { processesIn } from './namespace.ts'
import { startRack } from './rack.ts'

/** The command lines of everything on this machine that mentions `text`. */
function commandLines(text: string): readonly string[] {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
  return lines.filter((line) => line.includes(text))
}

function leftOvers(namespace: string): readonly string[] {
  const files = [`/run/netns/${namespace}`, runtimeFolder(namespace)].filter((file) => existsSync(file))
  return [...files, ...commandLines(namespace)]
}

test.serial('a node is powered by IPMI, shows its boot on the console, and leaves nothing behind', async (t) => {
  const rack = await startRack({ nodes: 1 })
  t.teardown(() => rack.close())
  const node = rack.node('node1')
  t.is(await node.power('status'), 'off')
  t.is(node.pid, undefined)

  t.is(await node.power('on'), 'on')
  const first = node.pid
  t.is(await node.power('on'), 'on')
  t.is(node.pid, first, 'a node that is on stays as it is')
  await node.waitForConsole(/Configuring \(net0 52:54:00:77:00:01\)/, 60_000)
  t.true((node.stats()?.residentBytes ?? 0) > 10_000_000)
  t.regex(await node.monitor('info status'), /running/)

  t.regex(await node.ipmitool(['chassis', 'bootdev', 'pxe']), /Set Boot Device to pxe/)
  t.is(await node.power('reset'), 'on')
  const second = node.pid
  t.not(second, first, 'a reset leaves nothing of what ran')
  await node.waitForConsole(/iPXE initialising devices/, 60_000)
  t.is(await node.power('cycle'), 'on')
  t.not(node.pid, second)

  t.is(await node.power('off'), 'off')
  t.is(node.pid, undefined)
  t.false(existsSync(`/proc/${first}`))
  await t.throwsAsync(node.waitForConsole('no firmware says this', 100), { message: /did not appear within 0.1 s/ })

  const wrong = await rack.exec([
    'ipmitool',
    '-I',
    'lanplus',
    '-C',
    '3',
    '-H',
    node.plan.bmcAddress,
    '-U',
    'hostless',
    '-P',
    'x',
    'mc',
    'info',
  ])
  t.not(wrong.exitCode, 0, 'a wrong password opens no session')

  const disk = node.plan.disks[0]?.file ?? ''
  t.true(existsSync(disk))
  await node.power('on')
  await rack.close()
  t.deepEqual(leftOvers(rack.namespace), [])
  t.false(existsSync(disk))
  t.true(existsSync(node.plan.consoleLog), 'the console is kept')
})

test.serial('nothing can leave the rack, and its bridge speaks IPv6', async (t) => {
  const rack = await startRack({ nodes: [{ name: 'a', nics: 2 }, { name: 'b' }] })
  t.teardown(() => rack.close())
  const { stdout: routes } = await rack.exec(['ip', 'route'])
  t.regex(routes, /^10\.77\.0\.0\/24 dev rack0 [^\n]*$/)
  const { stdout: links } = await rack.exec(['ip', '-o', 'link'])
  t.deepEqual(
    [...links.matchAll(/^\d+: ([^:@]+)/gm)].map((match) => match[1]),
    ['lo', 'rack0', 'carrier1', 'carrier0', 'a', 'a.1', 'b'],
  )
  t.regex((await rack.exec(['ip', '-6', 'address', 'show', 'rack0'])).stdout, /inet6 fe80::/)
  t.is((await rack.exec(['cat', '/proc/sys/net/ipv4/ip_forward'])).stdout, '0')
  t.throws(() => rack.node('c'), { message: /the rack has no "c"; it has a, b/ })
})

test.serial('UEFI nodes boot by the firmware’s own PXE, or by HTTP when told to', async (t) => {
  const rack = await startRack({ nodes: [{ firmware: 'uefi' }, { firmware: 'uefi-http' }] })
  t.teardown(() => rack.close())
  await Promise.all(rack.nodes.map((node) => node.power('on')))
  await rack.node('node1').waitForConsole('>>Start PXE over IPv4', 90_000)
  await rack.node('node2').waitForConsole('>>Start HTTP Boot over IPv4', 90_000)
  t.notRegex(await rack.node('node1').consoleText(), /iPXE/)
  await rack.close()
  t.deepEqual(leftOvers(rack.namespace), [])
})

test.serial('a lab that is killed leaves nothing behind', async (t) => {
  const program = `
    import { startRack } from './test/lab/rack.ts'
    const rack = await startRack({ nodes: 1 })
    await rack.node('node1').power('on')
    process.stdout.write(rack.namespace + '\\n')
    setInterval(() => {}, 1000)`
  const argv = ['--import', 'tsx', '--input-type=module', '-e', program]
  const lab = spawn(process.execPath, argv, { cwd: PROJECT, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => lab.kill('SIGKILL'))
  const namespace = await new Promise<string>((resolve) => lab.stdout.once('data', (bytes) => resolve(String(bytes).trim())))
  t.is((await processesIn(namespace)).length, 2, 'one QEMU and one BMC')

  lab.kill('SIGKILL')
  const until = Date.now() + 20_000
  while (leftOvers(namespace).length > 0 && Date.now() < until) await pause(100)
  t.deepEqual(leftOvers(namespace), [])
})
