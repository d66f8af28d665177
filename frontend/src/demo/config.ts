/** The addresses of the services. The page reads them at run time: one build works everywhere. */
export interface Config {
  readonly apiUrl: string;
  readonly socketUrls: readonly string[];
  readonly shopUrl: string;
}

function isConfig(value: unknown): value is Config {
  const { apiUrl, socketUrls, shopUrl } = (value ?? {}) as Partial<Record<keyof Config, unknown>>;
  return (
    typeof apiUrl === 'string' &&
    typeof shopUrl === 'string' &&
    Array.isArray(socketUrls) &&
    socketUrls.length > 0 &&
    socketUrls.every((url) => typeof url === 'string')
  );
}

export async function loadConfig(): Promise<Config> {
  const response = await fetch('/config.json');
  const config: unknown = await response.json();
  if (!isConfig(config))
    throw new Error(
      '/config.json needs the strings apiUrl and shopUrl, and socketUrls, a list of strings',
    );
  return config;
}
