/** The Confluent API of the registry that these tests run against. */
export const testRegistryUrl = async (): Promise<string> =>
  process.env.ROWBRIDGE_TEST_REGISTRY ?? 'http://127.0.0.1:8080/apis/ccompat/v7';
