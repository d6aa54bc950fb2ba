"""What would real exports look like if we knew the truth behind them?"""
