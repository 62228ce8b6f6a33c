import test from 'ava'
import { amount, type Metric, mediansOf, metricTable, ratioOf, ratioText } from './metric.ts'

const rate = (value: number): Metric => ({ name: 'GETATTR', unit: '/s', better: 'more', value })
const delay = (value: number): Metric => ({ name: 'p99', unit: 'ms', better: 'less', value })

test('a ratio above 1 says that ours does better, whether more or less is better', (t) => {
  t.is(ratioOf('more', 300, 100), 3)
  t.is(ratioOf('less', 10, 30), 3)
  t.is(ratioOf('less', 30, 10), 1 / 3)
})

test('ratioText gives two digits behind the point below 10, and a dash for what cannot be compared', (t) => {
  t.deepEqual([0.934, 2.305, 14.21].map(ratioText), ['0.93', '2.31', '14.2'])
  t.deepEqual([undefined, Number.POSITIVE_INFINITY, Number.NaN].map(ratioText), ['-', '-', '-'])
})

test('amount shows three digits that count', (t) => {
  t.deepEqual([43690.4, 123.4, 12.34, 1.234, 0.1234, undefined].map(amount), ['43690', '123', '12.3', '1.23', '0.123', '-'])
})

test('mediansOf takes each metric for itself over the runs', (t) => {
  const runs = [
    [rate(100), delay(9)],
    [rate(300), delay(1)],
    [rate(200), delay(2)],
  ]
  t.deepEqual(mediansOf(runs), [rate(200), delay(2)])
  t.deepEqual(mediansOf([]), [])
})

test('metricTable has a row a metric with ours, the peer and the ratio', (t) => {
  const rows = metricTable('nfs-ganesha', { ours: [rate(300), delay(10)], peer: [rate(100), delay(30)] }).split('\n')
  t.regex(rows[1] ?? '', /│ ours │ nfs-ganesha │ ratio │/)
  t.regex(rows[3] ?? '', /GETATTR, \/s +│ +300 │ +100 │ +3\.00 │/)
  t.regex(rows[4] ?? '', /p99, ms +│ +10\.0 │ +30\.0 │ +3\.00 │/)
})

test('metricTable of one side shows no ratio', (t) => {
  t.regex(metricTable('nginx', { peer: [rate(100)] }), /GETATTR, \/s │ +- │ +100 │ +- │/)
})
