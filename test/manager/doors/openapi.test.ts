import { createConfig, lintFromString } from '@redocly/openapi-core'
import test from 'ava'
import { OPERATIONS } from '../../../manager/contract/contract.ts'
import { methodOf } from '../../../manager/contract/operation.ts'
import { describeApi } from '../../../manager/doors/openapi.ts'

test('the description of the API is one by its own rules: redocly has nothing to say', async (t) => {
  const config = await createConfig({ extends: ['recommended'] })
  const lint = async (source: object) => {
    const problems = await lintFromString({ source: JSON.stringify(source), absoluteRef: '/openapi.json', config })
    return problems.map(({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`)
  }
  t.deepEqual(await lint(describeApi()), [])
  const { info: _, ...nameless } = describeApi() as { readonly info?: object; readonly openapi: string }
  t.true((await lint(nameless)).length > 0, 'it is looked at')
})

test('what is changed by its whole or by parts takes If-Match of something that shows it, or says here why not', (t) => {
  const WITHOUT = [
    'PUT /hosts/:ref/boot/once', // an order of its own: nothing of what was is kept
    'PUT /properties', // has `replaces`
    'PATCH /users/:name', // nothing shows one user
    'PUT /vm-image-uploads/:id/content', // each piece has its place
  ]
  const http = OPERATIONS.map(({ operation }) => operation).filter((operation) => /^(PUT|PATCH)$/.test(methodOf(operation)))
  t.deepEqual(http.flatMap((operation) => (operation.changes === undefined ? [operation.http] : [])).toSorted(), WITHOUT.toSorted())
  for (const { operation } of OPERATIONS) {
    if (operation.changes === undefined) continue
    const shown = OPERATIONS.find((one) => one.operation.http === operation.changes)?.operation
    t.truthy(shown?.edited, `${operation.http} changes what ${operation.changes} shows`)
  }
})
