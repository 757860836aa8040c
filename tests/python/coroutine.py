import asyncio
from memory_profiler import profile


async def helper(n):
    await asyncio.sleep(0.001)
    return [0] * n


@profile
async def main():
    a = [1] * 300000
    await asyncio.sleep(0.01)
    b = await helper(400000)
    for i in range(3):
        await asyncio.sleep(0.001)
    async with asyncio.Lock():
        c = [2] * 500000
    del a
    return b


asyncio.run(main())
