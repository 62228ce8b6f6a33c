// What is wrong in a dom0 that says it is up: asked of the kernel, of init, and of the processes that it keeps running.

import type { RackNode } from './node.ts'

const TROUBLE_ON_CONSOLE = /FAILED|panic|Oops|BUG:|Call Trace|I\/O error|scheduling for restart|not found|can't|Permission denied/i

/** Said by a machine's firmware and by Xen on healthy boots, too: OVMF tries boot entries in turn, Xen reserves memory that SeaBIOS has not all given it. */
const HARMLESS = /^BdsDxe: |^\(XEN\) Failed to convert E820/

/** Waits for what starts after the report; then prints a line for each thing that is not as it should be. */
const EXAMINATION = `
runs() { i=0; until pgrep -f -- "$1" >/dev/null; do i=$((i + 1)); [ $i -lt 300 ] || { echo "$1 does not run"; return; }; sleep 0.2; done; }
for program in xen/oxenstored xen/xenconsoled systemd-udevd 'busybox syslogd' 'busybox klogd' 'busybox acpid'; do runs "$program"; done
udevadm settle --timeout=60 || echo 'udev did not settle'
[ "$(xl list | sed -n 's/^Domain-0 *0 .*/Domain-0/p')" = Domain-0 ] || echo "xl list: $(xl list 2>&1)"
[ "$(cat /sys/class/net/xenbr0/operstate)" = up ] || echo "xenbr0 is $(cat /sys/class/net/xenbr0/operstate)"
dmesg --level=emerg,alert,crit,err
logread | grep -i 'scheduling for restart'
`

/** Empty when nothing is wrong. */
export async function troubleIn(node: RackNode): Promise<readonly string[]> {
  const { stdout, stderr } = await node.ssh(['sh'], { input: EXAMINATION, deadlineMs: 120_000 })
  const inside = `${stdout}\n${stderr}`.split('\n')
  const console = (await node.consoleText()).split('\n').filter((line) => TROUBLE_ON_CONSOLE.test(line) && !HARMLESS.test(line.trim()))
  return [...inside, ...console].map((line) => line.trim()).filter(Boolean)
}
