import test from 'ava'
import { bootDnsmasq, DNSMASQ_READY, dhcpDnsmasq, parseDnsmasqLine, tftpDnsmasq } from './dnsmasq.ts'

const PATHS = { leaseFile: '/lab/leases', tftpRoot: '/lab/tftp' }

test('the PXE server leaves dnsmasq’s ping, router advertisements and option 175 at their defaults', (t) => {
  const config = bootDnsmasq(PATHS)
  t.notRegex(config, /no-ping|enable-ra|dhcp-option/)
  t.regex(config, /^dhcp-match=set:ipxe,175$/m)
  t.regex(config, /^dhcp-boot=tag:ipxe,boot\.ipxe$/m)
  t.regex(config, /^tftp-root=\/lab\/tftp$/m)
})

test('no configuration of dnsmasq serves DNS, or keeps files outside of the lab', (t) => {
  const pool = { first: '10.77.1.0', last: '10.77.2.255', netmask: '255.255.0.0' }
  for (const config of [bootDnsmasq(PATHS), dhcpDnsmasq('/lab/leases', pool), tftpDnsmasq(PATHS)]) {
    t.regex(config, /^port=0$/m)
    t.regex(config, /^dhcp-leasefile=\/lab\/leases$/m)
    t.regex(config, /^pid-file=$/m)
  }
  t.regex(dhcpDnsmasq('/lab/leases', pool), /^dhcp-range=10\.77\.1\.0,10\.77\.2\.255,255\.255\.0\.0,1h\n/m)
})

test('parseDnsmasqLine reads what dnsmasq 2.90 says about a boot', (t) => {
  t.deepEqual(parseDnsmasqLine('dnsmasq-dhcp[20121]: DHCPDISCOVER(rack0) 52:54:00:77:00:01 '), {
    kind: 'discover',
    mac: '52:54:00:77:00:01',
  })
  t.deepEqual(parseDnsmasqLine('dnsmasq-dhcp[20121]: DHCPDISCOVER(rack0) 10.77.0.130 52:54:00:77:00:01 '), {
    kind: 'discover',
    mac: '52:54:00:77:00:01',
  })
  t.deepEqual(parseDnsmasqLine('dnsmasq-dhcp[20121]: DHCPACK(rack0) 10.77.0.130 52:54:00:77:00:01 node1'), {
    kind: 'ack',
    mac: '52:54:00:77:00:01',
    address: '10.77.0.130',
  })
  t.deepEqual(parseDnsmasqLine('dnsmasq-tftp[20121]: sent /work/my lab/runs/1/tftp/boot.ipxe to 10.77.0.130'), {
    kind: 'sent',
    file: 'boot.ipxe',
    address: '10.77.0.130',
  })
})

test('parseDnsmasqLine lets other lines be', (t) => {
  const others = [
    'dnsmasq[20121]: started, version 2.90 DNS disabled',
    'dnsmasq-dhcp[20121]: DHCPOFFER(rack0) 10.77.0.130 52:54:00:77:00:01 ',
    'dnsmasq-dhcp[20121]: DHCPREQUEST(rack0) 10.77.0.130 52:54:00:77:00:01 ',
    'dnsmasq-tftp[20121]: failed sending /lab/tftp/xen to 10.77.0.130',
    'dnsmasq-tftp[20121]: error 0 TFTP Aborted received from 10.77.0.130',
    '',
  ]
  for (const line of others) t.is(parseDnsmasqLine(line), undefined, line)
})

test('dnsmasq is ready when it names its range or its TFTP root, not when it says its version', (t) => {
  t.notRegex('dnsmasq[1]: started, version 2.90 DNS disabled', DNSMASQ_READY)
  t.regex('dnsmasq-dhcp[1]: DHCP, IP range 10.77.0.100 -- 10.77.0.199, lease time 1h', DNSMASQ_READY)
  t.regex('dnsmasq-tftp[1]: TFTP root is /lab/tftp  ', DNSMASQ_READY)
})
