# Many calls of one function, the first of them with far more memory than the
# others, and growth between the calls, which is no line's. For `run --lines`.
@profile
def serve(size):
    part = bytearray(size)
    part[::4096] = part[::4096]
    del part


between = []
for call in range(300):
    serve((200 if call == 0 else 1) << 20)
    if call % 100 == 0:
        between.append(bytearray(30 << 20))
        between[-1][::4096] = between[-1][::4096]
