import { afterEach, expect, it, vi } from 'vitest';
import { listen } from '../../testing/http';
import { InboxApi } from './inbox-api';
import { Tokens } from './tokens';

const gone = () => Promise.reject(new Error('the session is over'));

let close: () => void = () => undefined;
afterEach(() => {
  close();
});

async function refusingApi(tokens: Tokens): Promise<InboxApi> {
  const { server, url } = await listen(() => ({ status: 401, body: { detail: 'old' } }));
  close = () => server.close();
  return new InboxApi(url, tokens);
}

const list = (api: InboxApi) => api.list('all', undefined, new AbortController().signal);

it('rejects with an `ApiError` when there is no token', async () => {
  const api = await refusingApi(new Tokens(gone));
  await expect(list(api)).rejects.toMatchObject({ name: 'ApiError', kind: 'no-token' });
});

it('rejects with an `ApiError` when the token is refused, and there is no other', async () => {
  const tokens = new Tokens(() => Promise.resolve('old'));
  const api = await refusingApi(tokens);
  await tokens.current();
  tokens.getToken = gone;
  await expect(list(api)).rejects.toMatchObject({ name: 'ApiError', kind: 'unauthorized' });
});

it('reports only the outcome of calls for notifications, because only these are repeated', async () => {
  const { server, url } = await listen(() => ({ status: 429, body: {} }));
  close = () => server.close();
  const onOutcome = vi.fn();
  const api = new InboxApi(url, new Tokens(() => Promise.resolve('token')), onOutcome);
  const { signal } = new AbortController();
  await expect(api.preferences(signal)).rejects.toMatchObject({ name: 'ApiError' });
  await expect(api.pushKey(signal)).rejects.toMatchObject({ name: 'ApiError' });
  expect(onOutcome).not.toHaveBeenCalled();
  await expect(list(api)).rejects.toMatchObject({ name: 'ApiError' });
  expect(onOutcome).toHaveBeenCalledOnce();
});
