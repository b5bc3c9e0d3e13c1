// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Stand-in for peaq's batch precompile 0x805 on a development network.
/// @notice Several calls in one transaction, each with the batch's caller as `msg.sender` and payer.
/// @dev Source: the chain's own source (semantics, texts, selectors). A contract is itself the caller of what it
///      calls, so it calls back into the caller's account, which for the length of the transaction has the code of
///      BatchExecutor (EIP-7702 designator, lent by the RPC gateway). Its code is set directly at 0x805: no
///      constructor, no storage. Dispatch is by hand because the precompile refuses value with a text and answers to
///      two spellings of each name.
contract BatchPrecompile {
    address private constant SELF = 0x0000000000000000000000000000000000000805;

    /// @dev Where a deployment puts BatchExecutor's code.
    address private constant EXECUTOR = 0x0000000000000000000000000000000000007702;

    uint256 private constant MAX_ENTRIES = 512;
    uint256 private constant MAX_CALL_DATA = 65_536;

    /// @dev A batch in a batch in a batch is the deepest.
    uint256 private constant MAX_NESTING = 2;

    /// @dev Transient: how many batches are running.
    uint256 private transient _running;

    event SubcallSucceeded(uint256 index);
    event SubcallFailed(uint256 index);

    enum Mode {
        All,
        SomeUntilFailure,
        Some
    }

    /// @notice `batchAll`, `batchSome` and `batchSomeUntilFailure` in both spellings, all with the parameters
    ///         (address[] to, uint256[] value, bytes[] callData, uint64[] gasLimit); see docs/contracts.md.
    fallback() external payable {
        require(address(this) == SELF, "Cannot be called with DELEGATECALL or CALLCODE");
        require(msg.value == 0, "Function is not payable");
        Mode mode = _mode(msg.sig);
        _requireAccount();
        require(_running <= MAX_NESTING, "Precompile is called with too high nesting");
        ++_running;
        _batch(mode);
        --_running;
    }

    function _mode(bytes4 selector) private pure returns (Mode) {
        // camelCase, then snake_case
        if (selector == 0x96e292b8 || selector == 0xd30c5f76) return Mode.All;
        if (selector == 0xcf0491c7 || selector == 0x355116e6) return Mode.SomeUntilFailure;
        if (selector == 0x79df4b9c || selector == 0xc8e8ae79) return Mode.Some;
        revert("Unknown selector");
    }

    /// @dev Only accounts may call: here one that has the executor's designator (23 bytes, 0xef0100 and its address).
    function _requireAccount() private view {
        bytes memory code = msg.sender.code;
        require(
            code.length != 0,
            "Batch stand-in: the account has no executor; send through the development network's RPC gateway"
        );
        require(
            keccak256(code) == keccak256(abi.encodePacked(hex"ef0100", EXECUTOR)),
            "Function not callable by smart contracts"
        );
    }

    function _batch(Mode mode) private {
        (address[] memory to, uint256[] memory value, bytes[] memory callData, uint64[] memory gasLimit) =
            abi.decode(msg.data[4:], (address[], uint256[], bytes[], uint64[]));
        require(
            to.length <= MAX_ENTRIES && value.length <= MAX_ENTRIES && callData.length <= MAX_ENTRIES
                && gasLimit.length <= MAX_ENTRIES,
            "Value is too large for length"
        );
        for (uint256 i = 0; i < to.length; ++i) {
            bool success = _subcall(
                mode,
                to[i],
                i < value.length ? value[i] : 0,
                i < callData.length ? callData[i] : bytes(""),
                i < gasLimit.length ? gasLimit[i] : 0
            );
            if (success) {
                emit SubcallSucceeded(i);
            } else {
                emit SubcallFailed(i);
                if (mode == Mode.SomeUntilFailure) return;
            }
        }
    }

    function _subcall(Mode mode, address to, uint256 value, bytes memory callData, uint64 limit)
        private
        returns (bool success)
    {
        require(callData.length <= MAX_CALL_DATA, "Value is too large for length");
        uint256 before = gasleft();
        bytes memory answer;
        if (limit <= before) {
            (success, answer) = msg.sender.call{gas: limit == 0 ? before : limit}(abi.encodePacked(to, value, callData));
        }
        if (success) return true;
        if (mode == Mode.All || _ranDry(before, limit)) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @dev An unlimited call that failed and left less than an eighth of the gas ran out of it. The whole batch then
    ///      fails, so that a gas estimate (the smallest amount that does not fail) covers every entry.
    function _ranDry(uint256 before, uint64 limit) private view returns (bool) {
        return limit == 0 && gasleft() < before / 8;
    }
}
