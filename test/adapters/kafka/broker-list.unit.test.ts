import { brokerList, brokerListProblem } from '../../../src/adapters/kafka/broker-list.js';

describe('a list of brokers', () => {
  const [a, b] = [
    { host: 'a', port: 9092 },
    { host: '10.0.0.1', port: 1 },
  ];
  it.each([
    ['a:9092', [a]],
    ['a:9092,10.0.0.1:1', [a, b]],
    [' a:9092 , 10.0.0.1:1 ', [a, b]],
    ['a:9092,', [a]],
    [',a:9092,,10.0.0.1:1,', [a, b]],
    ['my_broker-1.example.com:65535', [{ host: 'my_broker-1.example.com', port: 65_535 }]],
  ])('is understood: %j', (text, brokers) => {
    expect(brokerListProblem(text)).toBeUndefined();
    expect(brokerList(text)).toEqual(brokers);
  });

  it.each([
    ['host', "'host' has no port."],
    ['a:9092,host', "'host' has no port."],
    ['a:', "'a:' has no port of 1 to 65535."],
    ['a:0', "'a:0' has no port of 1 to 65535."],
    ['a:65536', "'a:65536' has no port of 1 to 65535."],
    ['a:9092/', "'a:9092/' has no port of 1 to 65535."],
    [':9092', "':9092' has no host name before its port."],
    ['a b:9092', "'a b:9092' has no host name before its port."],
    ['PLAINTEXT://a:9092', "'PLAINTEXT://a:9092' begins with a scheme, and takes none."],
    ['kafka://ada:secret@a:9092', "'…@a:9092' begins with a scheme, and takes none."],
    ['ada:secret@a:9092', "'…@a:9092' holds an account: "],
    ['[::1]:9092', "'[::1]:9092' is an IPv6 address: give the host's name."],
    ['::1', "'::1' is an IPv6 address: give the host's name."],
    [',', 'it names no broker.'],
    [' ', 'it names no broker.'],
  ])('is refused with words and an example: %j', (text, words) => {
    const problem = brokerListProblem(text);
    expect(problem).toContain(words);
    expect(problem).toMatch(/such as kafka1:9092,kafka2:9092$/);
    expect(problem).not.toContain('secret');
  });
});
