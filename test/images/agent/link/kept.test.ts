import test from 'ava'
import { identityFrom } from '../../../../images/agent/link/identity.ts'
import { decodeKept, encodeKept } from '../../../../images/agent/link/kept.ts'
import { enrolRaw, rawIdentity } from '../../../manager/raw-agent.ts'
import { macOf, pushBoot, startSite } from '../../../manager/site.ts'

test('the next agent of a boot gets the same key, certificates and epoch; of another boot, or damaged, it gets nothing', async (t) => {
  const site = await startSite(t)
  const boot = await pushBoot(site, macOf(1))
  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, boot, [macOf(1)], key)
  const identity = enrolled.kind === 'enrolled' ? identityFrom(key, enrolled.certificates) : undefined
  if (!identity) return t.fail('no identity')
  const text = encodeKept({ attempt: boot.attempt, identity, epoch: 7 })
  const kept = decodeKept(text, boot.attempt)
  t.true(kept?.identity.key.equals(key))
  t.deepEqual([kept?.identity.host, kept?.identity.certificates, kept?.epoch], [identity.host, identity.certificates, 7])
  t.is(decodeKept(text, 'aaaaaaaaaaaaaaaa'), undefined)
  t.is(decodeKept('', boot.attempt), undefined)
  for (let at = 1; at < text.length; at += 97) t.is(decodeKept(text.slice(0, at), boot.attempt), undefined)
})
