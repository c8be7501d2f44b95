"""Operations with a reference, a CPU and a Triton implementation."""
