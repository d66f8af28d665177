export default function Page() {
  return <h1>Another shop</h1>;
}
